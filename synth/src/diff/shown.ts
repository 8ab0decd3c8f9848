import { diff } from 'node:util'
import type { FieldChange } from './compare.ts'
import { MAX_LINES, MAX_VALUE_LENGTH } from './limits.ts'

/** A value on one line, cut when it is long. */
export function shown(value: unknown): string {
  if (value === undefined) return '(none)'
  return cut(JSON.stringify(value))
}

/** The removed and added lines of a text with several lines; undefined for any other change. */
export function lineChanges({ old, new: now }: FieldChange): { removed: string[]; added: string[] } | undefined {
  if (typeof old !== 'string' || typeof now !== 'string' || !`${old}${now}`.includes('\n')) return undefined
  const steps = diff(now.split('\n'), old.split('\n'))
  const lines = (operation: number) => limited(steps.filter(([is]) => is === operation).map(([, line]) => cut(line)))
  return { removed: lines(-1), added: lines(1) }
}

function limited(lines: string[]): string[] {
  const more = lines.length - MAX_LINES
  return more > 0 ? [...lines.slice(0, MAX_LINES), `... and ${more} more lines`] : lines
}

function cut(text: string): string {
  return text.length > MAX_VALUE_LENGTH ? `${text.slice(0, MAX_VALUE_LENGTH)}... (${text.length} characters)` : text
}

/** `1 object`, `2 objects`. */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
