/** A Kubernetes MicroTime. Leases and events need six fractional digits; a Date has three. */
export function microTime(date: Date): string {
  return date.toISOString().replace('Z', '000Z')
}

/** A Kubernetes Time: whole seconds. */
export function time(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, 'Z')
}
