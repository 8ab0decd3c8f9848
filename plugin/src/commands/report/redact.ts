const REDACTED = '[redacted]'

/** Names of values that are credentials as a rule. */
const NAMES = String.raw`pass(?:word|wd|phrase)?|secret|token|api[-_]?key|access[-_]?key|credential|authorization|cookie`

/** What credentials look like in any text, and what stands in their place. */
const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, REDACTED],
  // The user and the password of a URL.
  [/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@"'\\]*@/gi, `$1${REDACTED}@`],
  [/\beyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*/g, REDACTED],
  [/\b(Bearer|Basic)\s+[\w.~+/=-]{6,}/gi, `$1 ${REDACTED}`],
  // name=value, name: value, "name":"value", also in JSON that stands in a string.
  [
    new RegExp(String.raw`((?:${NAMES})[\w-]*\\*["']?\s*[:=]\s*\\*["']?)(?!\[redacted\])[^\s"'\\,;}&]{3,}`, 'gi'),
    `$1${REDACTED}`,
  ],
]

/** The names of variables that the operator renders: their values are settings, and paths of files. */
const SETTINGS =
  /^(SERVER_(HOST|PORT)|METRICS_PORT|NODE_(ID|OPTIONS)|LOG_LEVEL|DATABASE_MAX_CONNECTIONS|SHUTDOWN_DELAY_SECONDS|ALLOWED_ORIGINS|DRAIN_PERIOD_SECONDS|REBALANCE_(PERCENT|GROUP)|[A-Z_]+_FILE)$/

/** Annotations that repeat whole objects as they were applied. */
const LEFT_OUT = new Set(['managedFields', 'kubectl.kubernetes.io/last-applied-configuration'])

export interface Redactor {
  readonly text: (text: string) => string
  /** A Kubernetes object, or a list of them. */
  readonly object: (value: unknown) => unknown
}

/** @param values what must not be in any text, wherever it stands: the values of Secrets and parts of them */
export function redactor(values: readonly string[]): Redactor {
  // The longest first: a part would leave the rest of the whole.
  const known = [...new Set(values)].toSorted((a, b) => b.length - a.length)
  const text = (given: string): string => {
    const without = known.reduce((rest, value) => rest.replaceAll(value, REDACTED), given)
    return PATTERNS.reduce((rest, [pattern, replacement]) => rest.replaceAll(pattern, replacement), without)
  }
  return { text, object: (value) => redactedObject(value, text) }
}

function redactedObject(value: unknown, text: (text: string) => string, key = ''): unknown {
  if (typeof value === 'string') return text(value)
  if (Array.isArray(value)) return value.map((item) => redactedObject(key === 'env' ? variable(item) : item, text))
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value).filter(([name]) => !LEFT_OUT.has(name))
  return Object.fromEntries(kept.map(([name, field]) => [text(name), redactedObject(field, text, name)]))
}

/** A variable of a container: what a user has added may be a credential, whatever its name. */
function variable(item: unknown): unknown {
  const { name, value } = (item ?? {}) as { readonly name?: unknown; readonly value?: unknown }
  if (value === undefined || (typeof name === 'string' && SETTINGS.test(name))) return item
  return { ...(item as object), value: REDACTED }
}

/** Shorter parts of a value would also be parts of innocent words. */
const SHORTEST_CHARACTERS = 6

/** The forms in which a value of a Secret could stand in a text: whole, its lines, the parts of a URL, and each as base64 or escaped. */
export function formsOf(value: string): string[] {
  const lines = value.split(/\r?\n/).map((line) => line.trim())
  const parts = [value, value.trim(), ...lines, ...partsOfUrl(value)]
  const long = parts.filter((part) => part.length >= SHORTEST_CHARACTERS)
  return long.flatMap((part) => [
    part,
    encodeURIComponent(part),
    JSON.stringify(part).slice(1, -1),
    Buffer.from(part).toString('base64'),
    Buffer.from(part).toString('base64url'),
  ])
}

/** The passwords in a URL, also in one with several hosts, which `URL` does not parse. */
function partsOfUrl(value: string): string[] {
  const credentials = [...value.matchAll(/(?:\/\/|,)([^/@,\s]*)@/g)].map(([, found = '']) => found)
  const passwords = credentials.map((found) => found.slice(found.indexOf(':') + 1))
  const query = [...value.matchAll(/[?&][^=&]*(?:pass|secret|token|key)[^=&]*=([^&\s]+)/gi)].map(
    ([, found = '']) => found,
  )
  return [...passwords, ...query].flatMap((part) => [part, decoded(part)])
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
