import { CouldNotLook } from '../../domain/could-not-look.ts';

/** Waits for an answer from outside. @throws CouldNotLook with the reason if there is none */
export async function asked<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (cause) {
    if (cause instanceof CouldNotLook) throw cause;
    throw new CouldNotLook(reasonOf(cause as Error), { cause });
  }
}

/** An error's message, with that of its cause: fetch itself says only that it failed. */
function reasonOf({ name, message, cause }: Error): string {
  const own = message === '' ? name : message;
  return cause instanceof Error && cause.message !== '' ? `${own}: ${cause.message}` : own;
}
