/** A Kubernetes MicroTime. Leases and events need six fractional digits; a Date has three. */
export function microTime(date: Date): string {
  return date.toISOString().replace('Z', '000Z')
}

/** ` since 12:03:04Z` for a Kubernetes Time; nothing where the time is not known. It is the same whenever it is read. */
export function since(at: string | undefined): string {
  const atMs = Date.parse(at ?? '')
  return Number.isNaN(atMs) ? '' : ` since ${clock(atMs)}`
}

/** `12:03:04Z` for milliseconds since 1970. */
export function clock(atMs: number): string {
  return time(new Date(atMs)).slice('YYYY-MM-DDT'.length)
}

/** A Kubernetes Time: whole seconds. */
export function time(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, 'Z')
}
