import { MAX_CAUSE_CHARACTERS } from '../limits.ts'
import { at, jsonOf } from '../runtime/json.ts'

/** The share of a text that is too long which is kept of its beginning, where it names what has failed. */
const HEAD = 1 / 3

/**
 * A text in one line of at most `max` characters. What is left out is in the middle: errors that wrap others, such as those
 * of containerd, have their cause at the end, and those of the scheduler at the beginning.
 */
export function shorten(text: string, max = MAX_CAUSE_CHARACTERS): string {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  if (line.length <= max) return line
  const head = Math.floor(max * HEAD)
  return `${line.slice(0, head).trimEnd()} ... ${wholeParts(line.slice(head + 5 - max))}`
}

/** The text from the first part that is whole, where parts end with `: `; the whole text where that would be little. */
function wholeParts(text: string): string {
  const start = text.indexOf(': ') + 2
  return start > 1 && start <= text.length / 2 ? text.slice(start) : text.trimStart()
}

/**
 * What a container said last, of its termination message or the end of its log: the error of a log line in JSON, else the
 * last line that begins with an error's name, else all of it.
 */
export function lastWords(message: string, max = MAX_CAUSE_CHARACTERS): string {
  const lines = message.split('\n').filter((line) => line.trim() !== '')
  const logged = logLine(lines.at(-1) ?? '')
  return shorten(logged ?? lines.findLast((line) => /^(Uncaught )?[A-Z]?\w*Error\b/.test(line)) ?? message, max)
}

/** Message and error of a log line in JSON, without the stack; undefined for any other line. */
function logLine(line: string): string | undefined {
  const entry = jsonOf(line)
  const texts = [['msg'], ['error'], ['err', 'message']].map((path) => at<unknown>(entry, ...path))
  const said = texts.filter((text) => typeof text === 'string').map((text) => text.split('\n')[0])
  return said.length === 0 ? undefined : said.join(': ')
}
