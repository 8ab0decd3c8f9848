import { sha256 } from '@chat-app/chat'
import { at, defined, fieldsOf, pick } from '../runtime/json.ts'
import type { KubeObject } from '../runtime/types.ts'

/** What is stored of one value of a Secret: never the value. */
export interface ValueDigest {
  readonly sha256: string
  /** In characters, without white space at the ends. */
  readonly length: number
  /** The part before `://`, in lower case, where the value has one. */
  readonly scheme?: string
}

/** A Secret as it is stored. Its values are dropped when it is read, so that no log, dump or message can show them. */
export interface SecretDigest extends KubeObject {
  readonly values: Readonly<Record<string, ValueDigest>>
}

/** Replaces the values of a Secret by their digests. */
export function digestSecret({ apiVersion, kind, metadata, ...secret }: KubeObject): SecretDigest {
  const values = Object.entries(fieldsOf(secret['data'])).map(([key, value]) => [key, digest(String(value))])
  return {
    apiVersion,
    kind,
    metadata: pick(metadata, 'name', 'namespace', 'uid', 'resourceVersion'),
    values: Object.fromEntries(values),
  }
}

/** The digest of one value of a stored Secret. */
export function valueDigest(secret: KubeObject, key: string): ValueDigest | undefined {
  return at<SecretDigest['values']>(secret, 'values')?.[key]
}

function digest(base64: string): ValueDigest {
  const bytes = Buffer.from(base64, 'base64')
  const text = bytes.toString('utf8')
  const scheme = /^([a-z][a-z0-9+.-]{0,31}):\/\//i.exec(text)?.[1]?.toLowerCase()
  return defined({ sha256: sha256(bytes), length: text.trim().length, scheme })
}
