/** A copy of a built-in module with some members replaced; its lazy members stay lazy. */
export function withMembers(real: object, members: Readonly<Record<string, unknown>>): object {
  const copy = Object.defineProperties({}, { ...Object.getOwnPropertyDescriptors(real) });
  for (const [name, value] of Object.entries(members)) {
    Object.defineProperty(copy, name, { value, enumerable: true, configurable: true, writable: true });
  }
  Object.defineProperty(copy, 'default', { value: copy, enumerable: false, configurable: true, writable: true });
  return copy;
}
