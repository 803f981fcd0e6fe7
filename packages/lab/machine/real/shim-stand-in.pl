#!/bin/sh
# A shim is recognized by its program, and a script's program is its interpreter: this one has a copy of perl beside itself.
here=$(dirname "$(readlink -f "$0")")
if [ ! -x "$here/containerd-shim-perl" ]; then
  cp /usr/bin/perl "$here/containerd-shim-perl.$$"
  mv "$here/containerd-shim-perl.$$" "$here/containerd-shim-perl"
fi
exec "$here/containerd-shim-perl" -x "$0" "$@"
#!/usr/bin/perl
# A stand-in for the containerd shim of gVisor or of Kata, which Debian does not have. Debian's containerd-shim-runc-v2 does the work,
# with another OCI runtime than runc. It does not understand such a handler's options, so this program runs between it and
# containerd. It passes every message on unchanged except Create, whose options it reads as the real shim would and replaces with
# options for runc's shim. It uses only what is in perl-base.
use strict;
use warnings;
use IO::Select;
use IO::Socket::UNIX;
use POSIX ();

# The program that runs the containers; a version in which it is runc does not sandbox.
my $runtime = '@RUNTIME@';
# The output of --version, if the shim has to lie; the table that its configuration must have, and the files it requires.
my ($version, $home, $table, @needs) = ('@VERSION@', '@HOME@', '@TABLE@', split ' ', '@NEEDS@');
my $shim = 'containerd-shim-runc-v2';

if ("@ARGV" eq '--version') { print "$version\n"; exit 0 }
if ($home ne '' && $0 ne $home) { print STDERR "shim (stand-in): started as $0 and not as $home\n"; exit 1 }

# Everything but the start belongs to the other shim.
exec $shim, @ARGV unless @ARGV && $ARGV[-1] eq 'start';

# Since 1.6 the start reads the handler's options, which runc's shim does not support.
open STDIN, '<', '/dev/null';
open my $pipe, '-|', $shim, @ARGV or die "cannot start $shim: $!\n";
my $answer = do { local $/; <$pipe> };
close $pipe or exit 1;
# Either an address, or JSON with an address in it.
$answer =~ m{unix://(/[^"\s]+)} or die "$shim answered: $answer\n";
my $theirs = $1;
my $ours = "$theirs.runsc";
$answer =~ s{unix://\Q$theirs\E}{unix://$ours};

# Containers in one pod share a shim, and so its stand-in.
if (!IO::Socket::UNIX->new(Peer => $ours)) {
    unlink $ours;
    my $server = IO::Socket::UNIX->new(Local => $ours, Listen => 16) or die "cannot listen on $ours: $!\n";
    my $child = fork // die "cannot fork: $!\n";
    if (!$child) {
        POSIX::setsid();
        chdir '/';
        open STDIN, '<', '/dev/null';
        open STDOUT, '>', '/dev/null';
        open STDERR, '>', '/dev/null';
        serve($server);
        unlink $ours;
        POSIX::_exit(0);
    }
}
print $answer;

# Passes messages on until the other shim is gone.
sub serve {
    my ($server) = @_;
    $SIG{PIPE} = 'IGNORE';
    my $select = IO::Select->new($server);
    my (%peer, %towards_shim, %unread);
    while (1) {
        my @ready = $select->can_read(1);
        return if !@ready && !IO::Socket::UNIX->new(Peer => $theirs);
        for my $socket (@ready) {
            if ($socket == $server) {
                my $client = $server->accept or next;
                my $upstream = IO::Socket::UNIX->new(Peer => $theirs);
                return if !$upstream;
                ($peer{$client}, $peer{$upstream}) = ($upstream, $client);
                $towards_shim{$client} = 1;
                $unread{$client} = '';
                $select->add($client, $upstream);
                next;
            }
            # Closed together with its peer a moment ago.
            next if !$peer{$socket};
            my $read = sysread $socket, my $bytes, 65536;
            if (!$read) {
                my $other = $peer{$socket};
                $select->remove($socket, $other);
                delete @peer{ $socket, $other };
                close $_ for $socket, $other;
                # A shim exits with its last container.
                return if !IO::Socket::UNIX->new(Peer => $theirs);
                next;
            }
            if (!$towards_shim{$socket}) {
                write_all($peer{$socket}, $bytes);
                next;
            }
            $unread{$socket} .= $bytes;
            # ttrpc: length, stream, type, flags; then the message.
            while (length $unread{$socket} >= 10) {
                my ($length, $stream, $type, $flags) = unpack 'NNCC', $unread{$socket};
                last if length $unread{$socket} < 10 + $length;
                my $message = substr $unread{$socket}, 10, $length;
                substr $unread{$socket}, 0, 10 + $length, '';
                my $refusal;
                ($message, $refusal) = request($message) if $type == 1;
                if (defined $refusal) {
                    my $failed = field(1, "\x08\x02" . field(2, $refusal));
                    write_all($socket, pack('NNCC', length $failed, $stream, 2, 0) . $failed);
                    next;
                }
                write_all($peer{$socket}, pack('NNCC', length $message, $stream, $type, $flags) . $message);
            }
        }
    }
}

sub write_all {
    my ($socket, $bytes) = @_;
    while (length $bytes) {
        my $written = syswrite $socket, $bytes or return;
        substr $bytes, 0, $written, '';
    }
}

# A request in its rewritten form, with an error if it is refused. Service is field 1, method 2, payload 3.
sub request {
    my ($message) = @_;
    my @fields = fields($message);
    my %value = map { $_->[0] => $_->[1] } @fields;
    return $message if ($value{1} // '') !~ /^containerd\.task\.v\d\.Task$/ || ($value{2} // '') ne 'Create';
    my @create = fields($value{3});
    my ($options) = map { $_->[1] } grep { $_->[0] == 10 } @create;
    if (defined $options) {
        my $refusal = refuse($options);
        return ($message, $refusal) if defined $refusal;
    }
    # containerd.runc.v1.Options: 6 is BinaryName.
    my $new = field(1, 'containerd.runc.v1.Options') . field(2, field(6, $runtime));
    my $payload = join('', map { $_->[2] } grep { $_->[0] != 10 } @create) . field(10, $new);
    return join '', map { $_->[0] == 3 ? field(3, $payload) : $_->[2] } @fields;
}

# The real shims create no container if they cannot read their configuration or start their hypervisor. Type is field 1 of
# Any, value 2; ConfigPath is 2.
sub refuse {
    my %any = map { $_->[0] => $_->[1] } fields($_[0]);
    my %option = map { $_->[0] => $_->[1] } fields($any{2} // '');
    my $path = $option{2} // '';
    return if $path eq '';
    open my $file, '<', $path or return qq(failed to decode config file "$path": $!);
    my @lines = <$file>;
    return qq(config file "$path" has no table $table) if !grep { index($_, "[$table") == 0 } @lines;
    for my $needed (@needs, map { /^ *(?:path|kernel|image) = "(.+)"/ ? $1 : () } @lines) {
        return "$needed: no such file or directory" if !-e $needed;
    }
    return;
}

# The fields of a protobuf message: number, value, and the bytes as they were.
sub fields {
    my ($bytes) = @_;
    my @found;
    my $at = 0;
    while ($at < length $bytes) {
        my $from = $at;
        my $key = number($bytes, \$at);
        my $value;
        if (($key & 7) == 0) { $value = number($bytes, \$at) }
        elsif (($key & 7) == 1) { $at += 8 }
        elsif (($key & 7) == 5) { $at += 4 }
        else {
            my $length = number($bytes, \$at);
            $value = substr $bytes, $at, $length;
            $at += $length;
        }
        push @found, [$key >> 3, $value, substr $bytes, $from, $at - $from];
    }
    return @found;
}

sub number {
    my ($bytes, $at) = @_;
    my ($value, $shift) = (0, 0);
    while (1) {
        my $byte = ord substr $bytes, $$at++, 1;
        $value |= ($byte & 127) << $shift;
        return $value if $byte < 128;
        $shift += 7;
    }
}

sub field {
    my ($number, $value) = @_;
    my ($head, $length) = (chr($number << 3 | 2), length $value);
    while ($length > 127) {
        $head .= chr($length & 127 | 128);
        $length >>= 7;
    }
    return $head . chr($length) . $value;
}
