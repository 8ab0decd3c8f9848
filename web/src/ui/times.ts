import { word } from '../words.ts'

const LANGUAGE = document.documentElement.lang
const TIME = new Intl.DateTimeFormat(LANGUAGE, { hour: '2-digit', minute: '2-digit' })
const DAY = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: 'full' })
const DAY_MS = 86_400_000

/** The time of day. @param at milliseconds since 1970 */
export function timeOf(at: number): string {
  return TIME.format(at)
}

/** The day as a separator shows it. */
export function dayOf(at: number): string {
  const day = DAY.format(at)
  if (day === DAY.format(Date.now())) return word('today')
  return day === DAY.format(Date.now() - DAY_MS) ? word('yesterday') : day
}

/** Cheap: it is asked of each message whenever one comes. */
export function isSameDay(a: number, b: number): boolean {
  return new Date(a).toDateString() === new Date(b).toDateString()
}
