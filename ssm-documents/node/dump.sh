# --- the effective configuration, as containerd itself prints it ---

# flatten: converts a dump to sorted lines `table|key = value`, which can be compared independently of the order of
# tables.
flatten() {
  local line table=''
  while IFS= read -r line || [[ -n $line ]]; do
    line=${line#"${line%%[![:space:]]*}"}
    case $line in
      '') ;;
      '['*']')
        table=${line//[\]\[\"\' ]/}
        printf '%s|\n' "$table"
        ;;
      *) printf '%s|%s\n' "$table" "$line" ;;
    esac
  done | sort
}

# dump FILE NAME: writes the effective configuration of FILE (absent: containerd's own defaults) to $work/NAME.flat.
dump() {
  clean timeout 30 "$ROOT$containerd_binary" -c "$1" config dump >"$work/$2.toml" 2>"$work/err" || return 1
  flatten <"$work/$2.toml" >"$work/$2.flat"
}

# value_of NAME TABLE KEY: leaves a value without its quotes in REPLY.
value_of() {
  local line
  REPLY=''
  while IFS= read -r line; do
    case $line in
      "$2|$3 = "*)
        REPLY=${line#*' = '}
        REPLY=${REPLY//[\"\']/}
        return 0
        ;;
    esac
  done <"$work/$1.flat"
  return 1
}

# handler_table DUMP [HANDLER]: leaves a handler's table in REPLY. It depends on the version that containerd prints, not
# on the file's.
handler_table() {
  local plugin=io.containerd.grpc.v1.cri
  if grep -q '^plugins\.io\.containerd\.cri\.v1\.runtime|' "$work/$1.flat"; then plugin=io.containerd.cri.v1.runtime; fi
  REPLY=plugins.$plugin.containerd.runtimes.${2:-$handler}
}

# Prints the name of the handler that pods without a RuntimeClass get.
default_handler() {
  handler_table "$1"
  value_of "$1" "${REPLY%.runtimes.*}" default_runtime_name && printf '%s' "$REPLY"
}

has_handler() {
  handler_table "$1"
  grep -qF -e "$REPLY|" "$work/$1.flat"
}

read_sandbox_image() {
  value_of "$1" plugins.io.containerd.cri.v1.images.pinned_images sandbox ||
    value_of "$1" plugins.io.containerd.grpc.v1.cri sandbox_image || true
  sandbox_image=$REPLY
}
