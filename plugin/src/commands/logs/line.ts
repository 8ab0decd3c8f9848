import { duration } from '../../text/duration.ts'
import type { Colour, Paint } from '../../text/paint.ts'
import { plain } from '../../text/plain.ts'

/** A line of a container's log. */
export interface LogLine {
  /** When the node got it, RFC 3339 with nanoseconds; as text, since these sort and a Date would cut them. */
  readonly time: string
  readonly pod: string
  readonly container: string
  readonly text: string
}

const PREFIXED = /^\[pod\/([^/]+)\/([^\]]+)\] (\d{4}-\S+Z) ?(.*)$/s
const ERROR = /^error: (.*)$/s

/** A line of `kubectl logs --prefix --timestamps`; undefined for anything else. */
export function parseLine(line: string): LogLine | undefined {
  const [, pod, container, time, text] = PREFIXED.exec(line) ?? []
  if (pod === undefined || container === undefined || time === undefined) return undefined
  return { pod, container, time, text: text ?? '' }
}

/** What `kubectl logs --ignore-errors` says between the lines of a container that it cannot read. */
export function errorIn(line: string): string | undefined {
  return ERROR.exec(line)?.[1]
}

/** In the order of their times. Nodes write fewer digits for a time that ends in zeros. */
export function byTime(a: LogLine, b: LogLine): number {
  const [left, right] = [sortable(a.time), sortable(b.time)]
  return left < right ? -1 : left > right ? 1 : 0
}

/** Whether a time is later than another one, which may be empty. */
export function isAfter(time: string, other: string): boolean {
  return other === '' || sortable(time) > sortable(other)
}

function sortable(time: string): string {
  const [seconds = '', fraction = ''] = time.replace('Z', '').split('.')
  return `${seconds}.${fraction.padEnd(9, '0')}`
}

const LEVELS: Readonly<Record<string, Colour>> = {
  fatal: 'red',
  error: 'red',
  warn: 'yellow',
  debug: 'dim',
  trace: 'dim',
}
/** Fields of a line of the services that stand elsewhere in what is shown. */
const SHOWN = new Set(['level', 'time', 'msg', 'service', 'node', 'pid', 'hostname'])

/** A line for people: time, container, pod, level, message, and the other fields. */
export function renderLine({ time, pod, container, text }: LogLine, paint: Paint): string {
  const where = `${paint('cyan', container.padEnd(WIDTH))} ${paint('dim', shortPod(pod))}`
  return `${clock(time)} ${where} ${wordsOf(text, paint)}`
}

/** As long as the longest name of a container of ours. */
const WIDTH = 'websocket'.length

function clock(time: string): string {
  const [, clock = time, fraction = ''] = /T(\d\d:\d\d:\d\d)(?:\.(\d+))?/.exec(time) ?? []
  return `${clock}.${fraction.padEnd(3, '0').slice(0, 3)}`
}

/** The parts by which pods of a ChatApp differ. */
function shortPod(pod: string): string {
  return pod.split('-').slice(-2).join('-')
}

function wordsOf(text: string, paint: Paint): string {
  const fields = jsonFields(text)
  if (fields === undefined) return plain(text)
  const level = typeof fields['level'] === 'string' ? fields['level'] : ''
  const message = typeof fields['msg'] === 'string' ? fields['msg'] : ''
  const others = Object.entries(fields).filter(([name]) => !SHOWN.has(name))
  const rest = others.map(([name, value]) => paint('dim', `${plain(name)}=${valueText(name, value)}`))
  const shown = level === '' || level === 'info' ? '' : `${plain(level).toUpperCase()} `
  return [`${paint(LEVELS[level] ?? 'bold', shown)}${plain(message)}`, ...rest.map(String)].filter(Boolean).join(' ')
}

function valueText(name: string, value: unknown): string {
  if (typeof value === 'number' && name.endsWith('Ms') && value >= 10_000) return duration(value)
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return plain(/[\s"]/.test(text) && typeof value === 'string' ? JSON.stringify(text) : text)
}

function jsonFields(text: string): Record<string, unknown> | undefined {
  if (!text.startsWith('{')) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
