import type { z } from 'zod'
import { MAX_SHOWN_LENGTH } from './limits.ts'

/** A ChatApp that cannot be rendered. Each fault names the field, what is wrong, and the value if there is one. */
export class ModelError extends Error {
  override readonly name = 'ModelError'
  readonly faults: readonly string[]

  constructor(chatApp: string, faults: readonly string[]) {
    super([`ChatApp "${chatApp}" is not valid:`, ...faults].join('\n  '))
    this.faults = faults
  }
}

/** What is wrong with one value, and its path. */
export interface Fault {
  readonly path: readonly PropertyKey[]
  readonly message: string
}

/** The faults that zod found in a value, one sentence each, with the path of the field below `root`. */
export function faultsOf(error: z.ZodError, values: unknown, root?: string): string[] {
  return error.issues.map((issue) => faultText(issue, values, root))
}

/** A fault as one line: the field, what is wrong, and the value if there is one. */
export function faultText({ path, message }: Fault, values: unknown, root?: string): string {
  const value = valueAt(values, path)
  const field = fieldOf(root === undefined ? path : [root, ...path])
  return `${field}: ${oneLine(message)}${value === undefined ? '' : ` (it is ${shown(value)})`}`
}

/** A path as it is written in code: `clusters[1].name`. */
export function fieldOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>(joinPath, '')
}

const PLAIN_KEY = /^[\w$.-]{1,100}$/

function joinPath(path: string, part: PropertyKey): string {
  if (typeof part === 'number') return `${path}[${part}]`
  const key = String(part)
  if (!PLAIN_KEY.test(key)) return `${path}[${cut(JSON.stringify(key))}]`
  return path === '' ? key : `${path}.${key}`
}

/** The value at a path; undefined when there is none. */
export function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (at, key) =>
      typeof at === 'object' && at !== null && Object.hasOwn(at, key)
        ? (at as Record<PropertyKey, unknown>)[key]
        : undefined,
    value,
  )
}

/** A value as JSON on one line, cut when it is long. A value that is not JSON is named by its kind. */
export function shown(value: unknown): string {
  if (typeof value === 'function') return 'a function'
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'symbol') return cut(String(value))
  try {
    return cut(JSON.stringify(value) ?? String(value))
  } catch {
    return 'an object that is not JSON'
  }
}

/** Characters that break the line, are invisible, or change the direction of the text. */
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}]/gu

function cut(text: string): string {
  return oneLine(text.length > MAX_SHOWN_LENGTH ? `${text.slice(0, MAX_SHOWN_LENGTH)}...` : text)
}

function oneLine(text: string): string {
  return text.replaceAll(UNSEEN, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`)
}
