import { CouldNotLook } from '../could-not-look.ts';
import type { Diagnosis, FindingCode } from '../findings.ts';

/**
 * Makes one check. A failed check leaves its codes open.
 *
 * @throws an error that is not an answer from outside: it is a bug
 */
export async function look(
  codes: readonly FindingCode[],
  resource: string,
  examine: () => Promise<Diagnosis>,
): Promise<Diagnosis> {
  try {
    return await examine();
  } catch (error) {
    return leaveOpen(codes, resource, error);
  }
}

/** The diagnosis of a resource that could not be looked at. @throws the error if it is a bug */
export function leaveOpen(codes: readonly FindingCode[], resource: string, error: unknown): Diagnosis {
  if (!(error instanceof CouldNotLook)) throw error;
  return { checked: [], findings: [], notChecked: [{ codes, resource, reason: error.message }] };
}
