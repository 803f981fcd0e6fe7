# --- the mirror's addresses, which came with the command ---
# An address is a secret while it holds, so no program inherits it or has it in its arguments.
mirror_x86_64=${SSM_SourceX8664:-} mirror_aarch64=${SSM_SourceAarch64:-}
unset SSM_SourceX8664 SSM_SourceAarch64
