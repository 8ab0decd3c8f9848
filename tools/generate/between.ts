/**
 * Replaces what stands between two lines.
 *
 * @throws Error when the text lacks the lines
 */
export function between(text: string, begin: string, end: string, content: string): string {
  const from = text.indexOf(begin)
  const to = text.indexOf(end, from)
  if (from < 0 || to < from)
    throw new Error(`there must be the lines ${begin.trim()} and ${end.trim()}, in this order: nothing is generated`)
  return `${text.slice(0, from)}${begin}${content}${text.slice(to)}`
}
