import { CouldNotLook } from '../../domain/could-not-look.ts';

/** Waits for an answer from outside. @throws CouldNotLook with the reason if there is none */
export async function asked<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (cause) {
    if (cause instanceof CouldNotLook) throw cause;
    const { name, message } = cause as Error;
    throw new CouldNotLook(message === '' ? name : message, { cause });
  }
}
