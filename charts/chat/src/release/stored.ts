import { valueAt } from '../errors.ts'
import { hashOf } from '../hash.ts'
import type { Release } from './release.ts'

/** A release with its number and what was learned of it, as far as it decides which release runs. */
export interface StoredRelease {
  /** Name of the ControllerRevision; follows from the release. */
  readonly name: string
  /** Counted from 1. A release that is rolled out again gets the next number. */
  readonly number: number
  readonly release: Release
  readonly learned: {
    /** The result of its migration; present once it has ended well. */
    readonly migration?: { readonly minimumVersion?: string; readonly irreversible?: boolean }
    /** The number that it had when it was good. */
    readonly good?: { readonly number: number }
    readonly failed?: { readonly message: string }
    /** Value of the ChatApp's annotation by which it was taken back. */
    readonly takenBack?: string
  }
}

/** Characters of the hash in the name, as in the names of ReplicaSets. */
const NAME_HASH_CHARACTERS = 10

export function recordName(chatApp: string, release: Release): string {
  return `${chatApp}-${hashOf(release).slice(0, NAME_HASH_CHARACTERS)}`
}

/** The newest release that was good, which is the one to go back to. */
export function lastGood<R extends StoredRelease>(records: readonly R[]): R | undefined {
  const good = records.filter(({ learned }) => learned.good !== undefined)
  return good.sort((a, b) => b.number - a.number)[0]
}

/** Anybody who may write ControllerRevisions can create one, so its data is checked. */
export function isRelease(data: unknown): data is Release {
  const fields = [
    ['spec'],
    ['templates', 'api'],
    ['templates', 'websocket'],
    ['templates', 'migrate'],
    ['config', 'data'],
  ]
  const texts = [['version'], ['secrets'], ['operator'], ['config', 'name']]
  return (
    fields.every((path) => isObject(valueAt(data, path))) &&
    isObject(valueAt(data, ['templates', 'worker']) ?? {}) &&
    texts.every((path) => typeof valueAt(data, path) === 'string')
  )
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
