/** Lets one call of a kind through in `intervalMs`; the kind is the last argument. For logs of what fails many times a second. */
export function throttled<Arguments extends readonly unknown[]>(
  intervalMs: number,
  call: (...values: Arguments) => void,
): (...values: Arguments) => void {
  const calledAt = new Map<unknown, number>()
  return (...values) => {
    const kind = values.at(-1)
    const now = Date.now()
    if (now - (calledAt.get(kind) ?? 0) < intervalMs) return
    calledAt.set(kind, now)
    call(...values)
  }
}
