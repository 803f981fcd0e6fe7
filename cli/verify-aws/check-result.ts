/** What a check in the account found. */
export interface CheckResult {
  readonly ok: boolean;
  readonly text: string;
}
