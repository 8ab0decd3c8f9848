const MINUTE = 60
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** A duration with at most two units, as kubectl shows ages: `12s`, `4m12s`, `3h5m`, `2d4h`. */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000))
  if (seconds < MINUTE) return `${seconds}s`
  if (seconds < HOUR) return two(seconds, MINUTE, 'm', 1, 's')
  if (seconds < DAY) return two(seconds, HOUR, 'h', MINUTE, 'm')
  return two(seconds, DAY, 'd', HOUR, 'h')
}

/** The time since a Kubernetes Time; empty where there is none. */
export function sinceTime(time: string | undefined, now: Date): string {
  const at = Date.parse(time ?? '')
  return Number.isNaN(at) ? '' : duration(now.getTime() - at)
}

function two(seconds: number, large: number, largeUnit: string, small: number, smallUnit: string): string {
  const rest = Math.floor((seconds % large) / small)
  return `${Math.floor(seconds / large)}${largeUnit}${rest === 0 ? '' : `${rest}${smallUnit}`}`
}
