/** What a check in the account found. */
export interface Finding {
  readonly ok: boolean;
  readonly text: string;
}
