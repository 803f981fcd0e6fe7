/** The architectures that artifacts are pinned for, as `uname -m` names them. */
export const architectures = ['x86_64', 'aarch64'] as const;

/** One of the {@link architectures}. */
export type Architecture = (typeof architectures)[number];
