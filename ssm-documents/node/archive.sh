# --- what an archive may contain: files, folders, and links that stay inside ---

# leads_out PATH: whether a path leads out of its base folder.
leads_out() {
  local part depth=0
  local -a parts
  [[ $1 != /* ]] || return 0
  IFS=/ read -ra parts <<<"$1"
  for part in "${parts[@]}"; do
    case $part in
      '' | .) ;;
      ..) ((depth-- > 0)) || return 0 ;;
      *) depth=$((depth + 1)) ;;
    esac
  done
  return 1
}

# refuse_hostile_archive LISTING HOME: checks an archive by the output of `tar --numeric-owner -xvv`, before anything of
# it is used. Tar itself has already refused names outside the folder: names with `..`, and dangling hard links. An
# absolute link may lead to HOME, if set: the archive's destination.
refuse_hostile_archive() {
  local mode name target parent why=''
  local -A links=()
  while read -r mode _ _ _ _ name; do
    target=''
    case $mode in
      -*) ;;
      d*) name=${name%/} ;;
      l*) target=${name#*' -> '} name=${name%%' -> '*} ;;
      h*) target=${name#*' link to '} name=${name%%' link to '*} ;;
      *) why="$name is neither a file nor a folder nor a link" ;;
    esac
    if [[ $mode != d* && ${mode:3:1}${mode:6:1} == *[sS]* ]]; then why="$name runs as its owner (${mode:1})"; fi
    if [[ /$name/ == */../* ]] || leads_out "$name"; then why="$name leads out of it"; fi
    case $mode in
      h*) if [[ /$target/ == */../* ]] || leads_out "$target"; then why="$name is a link to $target"; fi ;;
      l*)
        links[$name]=1
        parent=''
        if [[ $name == */* ]]; then parent=${name%/*}/; fi
        if [[ -n $2 && $target == "$2"/* && /$target/ != */../* ]]; then :
        # A `..` after the beginning may pass through another link, whose target is unknown here. A name with an arrow
        # is ambiguous too.
        elif [[ $target == *' -> '* || $target == /* || $target =~ [^./].*\.\.(/|$) ]] || leads_out "$parent$target"; then
          why="$name is a link to $target"
        fi
        ;;
    esac
    # Behind a link, a name is not in the place that it shows.
    parent=$name
    while [[ -z $why && $parent == */* ]]; do
      parent=${parent%/*}
      if [[ -n ${links[$parent]:-} ]]; then why="$name lies behind the link $parent"; fi
    done
    if [[ -n $why ]]; then fail install-failed "$artifact_url contains a forbidden entry: $why"; fi
  done <"$1"
}
