import { existsSync, writeFileSync } from 'node:fs'
import type { ProofConfig } from '../config/proof.ts'
import type { Outcome } from '../prove/proof.ts'

/** The kubelet cuts a termination message at this size, and half of a JSON document says nothing. */
const MAX_MESSAGE_BYTES = 4096
/** A character takes at most so many bytes in JSON: `\u0000`. */
const MAX_CHARACTER_BYTES = 6
const CUT = '...'

/** The termination message of a migration that ended well. Schema versions are numbers of applied steps. */
export interface MigrationDone {
  readonly schemaVersion: number
  readonly from: number
  readonly to: number
  readonly irreversible: boolean
  /** The oldest release that runs on the schema; missing if every release does. */
  readonly minimumVersion: string | undefined
}

/** The termination message of a migration that failed, and of a proof whose configuration is invalid. */
export interface MigrationFailure {
  readonly error: string
  readonly reason: 'ConfigInvalid' | 'DatabaseUnreachable' | 'MigrationFailed' | 'VersionTooOld'
  /** Only for VersionTooOld. */
  readonly minimumVersion?: string
}

/** The termination message of a proof. */
export type ProofDone = { readonly proof: ProofConfig['part'] } & Outcome

type TerminationMessage = MigrationDone | MigrationFailure | ProofDone

/** Writes the message to the file that the kubelet has created; if there is none, nobody reads it. */
export function writeTerminationMessage(path: string, message: TerminationMessage): void {
  try {
    if (existsSync(path)) writeFileSync(path, terminationText(message))
  } catch {
    // The log has the result too, and the exit code must not change.
  }
}

/** The message as JSON. A text that is too long loses its end. */
export function terminationText(message: TerminationMessage): string {
  const text = JSON.stringify(message)
  const excess = Buffer.byteLength(text) - MAX_MESSAGE_BYTES
  if (excess <= 0) return text
  const cut = (long: string) => `${long.slice(0, -Math.ceil(excess / MAX_CHARACTER_BYTES) - CUT.length)}${CUT}`
  if ('error' in message) return terminationText({ ...message, error: cut(message.error) })
  return 'message' in message ? terminationText({ ...message, message: cut(message.message) }) : text
}
