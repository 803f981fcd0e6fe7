# --- prove: the checks and the proof of an installation, without changing anything ---

main() {
  begin_time
  phase lock
  take_lock
  phase preflight
  read_host
  read_containerd
  report_host
  pick_artifact
  if [[ -f $journal ]]; then fail proof-failed 'an installation on this node did not end; run install again'; fi
  links_are_right || fail proof-failed "$REPLY"
  stage_is_whole || fail proof-failed "the files in ${staged#"$ROOT"} differ from the installed ones"
  if ! dump "$ROOT$config" before; then
    last_words
    fail config-rejected "containerd cannot read $config: $REPLY"
  fi
  read_socket before
  read_sandbox_image before
  phase proof
  prove_on_host before
  report_sandboxes "$stages"
  succeed proven
}

main
