/**
 * A text of the cluster in one line. What pods and users have written may hold escape sequences, which would control
 * the terminal.
 */
export function plain(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ').trim()
}
