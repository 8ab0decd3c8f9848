/** One key of a Secret. */
export interface KeyOfSecret {
  readonly namespace: string
  readonly name: string
  readonly key: string
}

/** A value that follows from nothing else: random where a Job makes the Secrets, and otherwise held by Vault. */
export interface Held {
  /** Its property in Vault. */
  readonly held: string
  /** Characters of a random one, all of the alphabet of base64url. */
  readonly length: number
}

/** The value of another Secret's key. */
export interface Copied {
  readonly copied: KeyOfSecret
}

/** A value is its parts, one after the other: plain text, held values and copies. */
export type Part = string | Held | Copied

/** A Secret of the platform: the keys, how each value is made, and who reads it. */
export interface Credential {
  readonly namespace: string
  readonly name: string
  readonly data: Readonly<Record<string, readonly Part[]>>
  readonly readers: string
}

const LENGTH = 24

/** A value of 24 characters, by default: 144 bits that need no escaping in a URL or a shell. */
export function held(property: string, length = LENGTH): Held {
  return { held: property, length }
}

/** The value of a key of another Secret. */
export function copied({ namespace, name }: Credential, key: string): Copied {
  return { copied: { namespace, name, key } }
}

/** A Secret whose values are held under the names of their keys. */
export function holding(namespace: string, name: string, keys: readonly string[], readers: string): Credential {
  return { namespace, name, data: Object.fromEntries(keys.map((key) => [key, [held(key)]])), readers }
}
