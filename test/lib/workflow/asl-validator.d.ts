/** The part of asl-validator that tests use; the package comes without types. */
declare module 'asl-validator' {
  export default function validate(definition: object): { isValid: boolean; errorsText(): string };
}
