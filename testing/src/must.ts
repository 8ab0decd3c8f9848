/**
 * Returns a value that the test needs.
 *
 * @param what names the value in the error
 * @throws Error when the value is undefined or null
 */
export function must<T>(value: T | undefined | null, what = 'a value'): T {
  if (value === undefined || value === null) throw new Error(`${what} is missing`)
  return value
}
