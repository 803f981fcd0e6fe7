import { parseHTML } from 'linkedom';

/** Markup that runs or loads something if it is not escaped, and ends elements and attributes. */
const attack = `"'><img src="https://attacker.example/" onerror="alert(1)"></title></style></svg><script>alert(1)</script>&lt;`;

/**
 * A copy of a value with markup in each of its texts.
 *
 * @param keeps whether a text decides something and stays as it is
 */
export function hostile<T>(value: T, keeps: (text: string) => boolean = () => false): T {
  if (typeof value === 'string') return (keeps(value) ? value : `${value}${attack}`) as T;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((one) => hostile(one, keeps)) as T;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, hostile(inner, keeps)])) as T;
}

/** What in a page could run, load or send something. Links are none of it: people follow them. */
export function activeParts(text: string): readonly string[] {
  const { document } = parseHTML(text);
  const elements = [...document.querySelectorAll('*')];
  const active = elements.filter(({ tagName }) =>
    /^(script|img|iframe|object|embed|link|form|input|base|use|image|foreignobject)$/i.test(tagName),
  );
  const attributes = elements.flatMap((element) =>
    [...element.attributes]
      .filter(({ name, value }) => /^(on|src|formaction|xlink)/i.test(name) || /javascript:|url\(/i.test(value))
      .map(({ name, value }) => `${element.tagName} ${name}=${value}`),
  );
  const styles = [...document.querySelectorAll('style')].filter(({ textContent }) => /@import|url\(/.test(textContent));
  return [...active.map(({ tagName }) => tagName), ...attributes, ...styles.map(({ textContent }) => textContent)];
}

/** The text of a page as people read it. */
export function textIn(text: string): string {
  return parseHTML(text).document.documentElement.textContent;
}

/** All texts in a value. */
export function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}
