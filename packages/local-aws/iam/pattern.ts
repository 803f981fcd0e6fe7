/** Options for comparing a pattern. */
export interface PatternOptions {
  readonly ignoreCase?: boolean;
}

/**
 * Matches text against an IAM pattern: `*` matches any characters, `?` exactly one.
 * Source: IAM User Guide, "IAM JSON policy elements: Resource" and "IAM JSON policy elements: Action".
 */
export function matches(pattern: string, text: string, { ignoreCase = false }: PatternOptions = {}): boolean {
  return ignoreCase ? glob(pattern.toLowerCase(), text.toLowerCase()) : glob(pattern, text);
}

function glob(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let resume = 0;
  while (t < text.length) {
    if (pattern[p] === '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === text[t])) {
      p++;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}

/**
 * Matches an ARN against a pattern part by part: a wildcard does not extend over one of the first five colons. Source:
 * IAM User Guide, "IAM JSON policy elements: Condition operators", Amazon Resource Name (ARN) condition operators.
 */
export function matchesArn(pattern: string, arn: string): boolean {
  const patterns = parts(pattern);
  const values = parts(arn);
  return patterns.length === values.length && patterns.every((one, index) => matches(one, values[index] ?? ''));
}

function parts(arn: string): readonly string[] {
  const all = arn.split(':');
  return all.length <= 6 ? all : [...all.slice(0, 5), all.slice(5).join(':')];
}
