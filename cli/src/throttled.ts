/** Time between two printed lines of one kind. */
const INTERVAL_MS = 15_000

/**
 * Returns a callback that drops repeated lines of a kind, such as "building Kubernetes: 512 of 2843 packages". The text
 * before the colon is the kind.
 */
export function throttled(print: (text: string) => void): (text: string) => void {
  const printedAtMs = new Map<string, number>()
  return (text) => {
    const kind = text.split(':', 1)[0] ?? ''
    const now = performance.now()
    if (now - (printedAtMs.get(kind) ?? -Infinity) < INTERVAL_MS) return
    printedAtMs.set(kind, now)
    print(text)
  }
}
