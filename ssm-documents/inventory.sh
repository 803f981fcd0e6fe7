# --- inventory: the version on the node and the running sandboxes by version, without changing anything ---

main() {
  begin_time
  phase lock
  take_lock
  phase inventory
  installed_release
  version=$REPLY
  report_sandboxes "$stages"
  succeed inventoried
}

main
