# --- what an archive may hold: files, folders, and links that stay inside ---

# leads_out PATH: whether a path leads out of the folder that it is read in.
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

# refuse_hostile_archive LISTING HOME: judges what `tar --numeric-owner -xvv` says of an archive, before anything of it is used. Tar itself has
# by then refused what names a file outside: names with a step up, and hard links to nowhere.
# An absolute link may lead to HOME, if there is one: it is where the archive belongs.
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
        # Beyond its beginning a step up may pass through another link, and what that leads to is not in the text. Nor is a name with an arrow.
        elif [[ $target == *' -> '* || $target == /* || $target =~ [^./].*\.\.(/|$) ]] || leads_out "$parent$target"; then
          why="$name is a link to $target"
        fi
        ;;
    esac
    # Behind a link a name is not where it seems to be.
    parent=$name
    while [[ -z $why && $parent == */* ]]; do
      parent=${parent%/*}
      if [[ -n ${links[$parent]:-} ]]; then why="$name lies behind the link $parent"; fi
    done
    if [[ -n $why ]]; then fail install-failed "$artifact_url holds what no archive of a version does: $why"; fi
  done <"$1"
}
