/** Files of an archive by path; a text that begins with `-> ` is a symbolic link. */
export type ArchiveFiles = Readonly<Record<string, string>>;

/** Builds a tar archive; the bytes are the same every time. Every file in it is executable. */
export function tar(files: ArchiveFiles): Buffer {
  const blocks = Object.entries(files).flatMap(([name, text]) => {
    const link = /^-> (.*)$/.exec(text)?.[1];
    if (link !== undefined) return [header(name, 0, link)];
    const body = Buffer.from(text);
    return [header(name, body.length), body, Buffer.alloc((512 - (body.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

/**
 * An archive member that no published version contains: `type` is tar's digit, for instance 1 for a hard link, 3 for a
 * character device.
 */
export interface OddMember {
  readonly name: string;
  readonly type?: '0' | '1' | '2' | '3' | '6';
  readonly mode?: number;
  readonly link?: string;
}

/** Builds a tar archive of good files that begins with one or more odd members. */
export function oddTar(odd: readonly OddMember[], files: ArchiveFiles): Buffer {
  const members = odd.map(({ name, type = '0', mode = 0o755, link }) => header(name, 0, link, type, mode));
  return Buffer.concat([...members, tar(files)]);
}

function header(
  name: string,
  size: number,
  link?: string,
  type = link === undefined ? '0' : '2',
  mode = 0o755,
): Buffer {
  if (Buffer.byteLength(name) > 100) throw new RangeError(`${name}: a name in a tar archive has at most 100 bytes`);
  const block = Buffer.alloc(512);
  block.write(name, 0);
  block.write(`${mode.toString(8).padStart(7, '0')}\0`, 100);
  block.write('0000000\0', 108);
  block.write('0000000\0', 116);
  block.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  block.write('00000000000\0', 136);
  block.write('        ', 148);
  block.write(type, 156);
  if (link !== undefined) block.write(link, 157);
  block.write('ustar\x0000', 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

/**
 * Builds a Debian package that dpkg can read: an ar archive of the format version, the control files and the data, as
 * files or as a tar archive.
 */
export function deb(control: ArchiveFiles, data: ArchiveFiles | Buffer): Buffer {
  const member = (name: string, body: Buffer) => {
    const head = `${name.padEnd(16)}${'0'.padEnd(12)}${'0'.padEnd(6)}${'0'.padEnd(6)}${'100644'.padEnd(8)}${String(body.length).padEnd(10)}\`\n`;
    return Buffer.concat([Buffer.from(head), body, Buffer.alloc(body.length % 2, '\n')]);
  };
  return Buffer.concat([
    Buffer.from('!<arch>\n'),
    member('debian-binary', Buffer.from('2.0\n')),
    member('control.tar', tar(control)),
    member('data.tar', Buffer.isBuffer(data) ? data : tar(data)),
  ]);
}
