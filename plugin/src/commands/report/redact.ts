const REDACTED = '[redacted]'

/** Names of values that are credentials as a rule. */
const NAMES = String.raw`pass(?:word|wd|phrase)?|secret|token|api[-_]?key|access[-_]?key|credential|authorization|cookie`
/** A name in a text, with what may follow it, and the sign before its value. */
const NAMED = String.raw`(?:${NAMES})[\w-]{0,40}\\{0,8}["']?\s{0,8}[:=]\s{0,8}`
/** A field with this name has a credential. `secretName` has none. */
const FIELD = /(?:pass(?:word|wd|phrase)|token|api[-_]?key|access[-_]?key|authorization|cookie)$/i

/**
 * What credentials look like in any text, and what stands in their place. Each begins at most once in a run of
 * characters and looks a bounded way ahead, so that a hostile text takes no longer than another one.
 */
const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [
    /-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----(?:(?!-----)[\s\S]){0,20000}(?:-----END [A-Z ]{0,20}PRIVATE KEY-----)?/g,
    REDACTED,
  ],
  // The user and the password of a URL.
  [/(?<![\w+.-])([\w+.-]{1,40}:\/\/)[^\s/@"'\\]{0,2000}@/g, `$1${REDACTED}@`],
  [/(?<![\w-])eyJ[\w-]{5,4000}\.[\w-]{5,8000}\.[\w-]{0,4000}/g, REDACTED],
  [/\b(Bearer|Basic)\s{1,8}[\w.~+/=-]{6,}/gi, `$1 ${REDACTED}`],
  // "name":"value" with anything in the quotes.
  [new RegExp(String.raw`(${NAMED})"(?!\[redacted\]")(?:[^"\\\n]|\\.){1,4000}"`, 'gi'), `$1"${REDACTED}"`],
  // name=value and name: value, also in JSON that stands in a string; ${NAME} is no value.
  [new RegExp(String.raw`(${NAMED}\\{0,8}["']?)(?!\[redacted\]|\$\{)[^\s"'\\,;}&]{3,}`, 'gi'), `$1${REDACTED}`],
]

/** The names of variables that the operator renders: their values are settings, and paths of files. */
const SETTINGS =
  /^(SERVER_(HOST|PORT)|METRICS_PORT|NODE_(ID|OPTIONS)|LOG_LEVEL|DATABASE_MAX_CONNECTIONS|SHUTDOWN_DELAY_SECONDS|ALLOWED_ORIGINS|DRAIN_PERIOD_SECONDS|REBALANCE_(PERCENT|GROUP)|MIGRATION_(TIMEOUT_SECONDS|RUN)|RELEASE_VERSION|[A-Z_]+_FILE)$/

/** Annotations that repeat whole objects as they were applied. */
const LEFT_OUT = new Set(['managedFields', 'kubectl.kubernetes.io/last-applied-configuration'])

export interface Redactor {
  readonly text: (text: string) => string
  /** A Kubernetes object, or a list of them. */
  readonly object: (value: unknown) => unknown
}

/** @param values what must not be in any text, wherever it stands: the forms of the values of Secrets */
export function redactor(values: readonly string[]): Redactor {
  const without = withoutValues(values)
  const text = (given: string): string =>
    PATTERNS.reduce((rest, [pattern, replacement]) => rest.replaceAll(pattern, replacement), without(given))
  return { text, object: (value) => redactedObject(value, text) }
}

/**
 * Replaces every place where a value stands; places that overlap are one. Its time does not grow with the number of
 * values: a Secret may have thousands of lines, and a log millions of characters.
 */
function withoutValues(values: readonly string[]): (text: string) => string {
  const byStart = new Map<string, string[]>()
  for (const value of new Set(values)) {
    const start = value.slice(0, SHORTEST_CHARACTERS)
    const others = byStart.get(start)
    if (others === undefined) byStart.set(start, [value])
    else others.push(value)
  }
  for (const same of byStart.values()) same.sort((a, b) => b.length - a.length)
  return (text) => {
    let out = ''
    let covered = 0
    for (let at = 0; at + SHORTEST_CHARACTERS <= text.length && byStart.size > 0; at += 1) {
      const found = byStart.get(text.slice(at, at + SHORTEST_CHARACTERS))?.find((value) => text.startsWith(value, at))
      if (found === undefined) continue
      if (at >= covered) out += text.slice(covered, at) + REDACTED
      covered = Math.max(covered, at + found.length)
    }
    return out + text.slice(covered)
  }
}

function redactedObject(value: unknown, text: (text: string) => string, key = ''): unknown {
  if (typeof value === 'string') return text(value)
  if (Array.isArray(value)) return value.map((item) => redactedObject(key === 'env' ? variable(item) : item, text))
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value).filter(([name]) => !LEFT_OUT.has(name))
  const field = (name: string, given: unknown): unknown =>
    typeof given === 'string' && FIELD.test(name) ? REDACTED : redactedObject(given, text, name)
  return Object.fromEntries(kept.map(([name, given]) => [text(name), field(name, given)]))
}

/** A variable of a container: what a user has added may be a credential, whatever its name. */
function variable(item: unknown): unknown {
  const { name, value } = (item ?? {}) as { readonly name?: unknown; readonly value?: unknown }
  if (value === undefined || (typeof name === 'string' && SETTINGS.test(name))) return item
  return { ...(item as object), value: REDACTED }
}

/** Shorter parts of a value would also be parts of innocent words. */
export const SHORTEST_CHARACTERS = 6
/** Certificates are public, and lists of them have thousands of lines. */
const CERTIFICATES = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g

/**
 * The forms in which a value of a Secret could stand in a text: whole, its lines, the parts of a URL, and each of them
 * escaped or as base64.
 */
export function formsOf(value: string): string[] {
  const lines = value
    .replaceAll(CERTIFICATES, '')
    .split(/\r?\n/)
    .map((line) => line.trim())
  const parts = [...new Set([value, value.trim(), ...lines, ...partsOfUrl(value)])]
  return parts
    .flatMap((part) => {
      const json = JSON.stringify(part).slice(1, -1)
      // Go escapes these characters in JSON too.
      const go = json.replaceAll(/[&<>]/g, (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`)
      const inJson = JSON.stringify(json).slice(1, -1)
      const bytes = Buffer.from(part)
      return [part, encodeURIComponent(part), json, go, inJson, bytes.toString('base64'), bytes.toString('base64url')]
    })
    .filter((form) => form.length >= SHORTEST_CHARACTERS)
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
