/** The value, where a test knows that there is one. @throws {Error} where there is none. */
export function defined<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("a value that should be there is not");
  return value;
}
