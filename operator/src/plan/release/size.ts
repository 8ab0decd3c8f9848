import type { Release } from '@chat-app/chat/release'

/** The largest part of a release, by the field that a person can make smaller. */
export function largestPart({ spec, templates, config }: Release): { part: string; bytes: number } {
  const parts = { ...fieldsIn(spec), configuration: config.data, ...templates }
  const sizes = Object.entries(parts).map(([part, value]) => ({
    part,
    bytes: Buffer.byteLength(JSON.stringify(value)),
  }))
  return sizes.reduce((a, b) => (b.bytes > a.bytes ? b : a))
}

function fieldsIn(spec: object): Record<string, unknown> {
  const defined = Object.entries(spec).filter(([, value]) => value !== undefined)
  return Object.fromEntries(defined.map(([field, value]) => [`spec.${field}`, value]))
}
