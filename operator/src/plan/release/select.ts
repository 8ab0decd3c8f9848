import { COMPONENTS, REVISION, type Component, type Facts, type Model } from '@chat-app/chat'
import { DECISIONS, RELEASE } from '@chat-app/chat/annotations'
import {
  decide,
  goesBack,
  lastGood,
  pathsBetween,
  releaseTitle,
  restartedLike,
  rollbackRefusal,
  sameOf,
  schemaRefusal,
  takeBack,
  takenBackOf,
  targetOf,
  updateAtOf,
  urgentFor,
  type Decision,
  type Release,
  type UrgentFix,
} from '@chat-app/chat/release'
import type { Blocker } from '../../observe/blockers.ts'
import type { Migration } from '../../observe/migration.ts'
import { MAX_RECORD_BYTES } from '../../limits.ts'
import { time } from '../../runtime/time.ts'
import { largestPart } from './size.ts'
import { faultOf, hasRelease, holdWords, isExcused, isGood, type Live } from './judge.ts'
import { isProven, proofStep, type ProofStep, type SeeProof } from './proof.ts'
import type { Learned, ReleaseRecord } from './record.ts'

export interface SelectInput {
  readonly model: Model
  readonly facts: Facts
  readonly annotations: Readonly<Record<string, string>>
  /** What this operator renders for the ChatApp. */
  readonly fresh: Release
  /** The stored releases. */
  readonly records: readonly ReleaseRecord[]
  readonly live: Live
  /** The result of the migration of a release, once it has ended well and as far as it is known. */
  readonly migrationOf: (release: Release) => Migration | undefined
  readonly seeProof: SeeProof
  readonly urgentFixes: readonly UrgentFix[]
  /** Keyed hash of the Secrets that the pods read. */
  readonly secrets: string
  /** What `rolling` returned. */
  readonly rolled: string
  /** Keyed hashes of the values that pods read only at start. */
  readonly valueHashes: Readonly<Record<string, string>>
  readonly now: Date
}

/** Which releases there are, and which of them should run. */
export interface Selection {
  /** The release that the spec asks for. */
  readonly target: ReleaseRecord
  /** Why nothing of the target may be written. */
  readonly refusal: Blocker | undefined
  /** The release that should run: the target, or the one that it went back to. */
  readonly wanted: ReleaseRecord
  /** Why the wanted release is not the target, or why it cannot be another one. */
  readonly rollback: Blocker | undefined
  /** See `holdWords`. */
  readonly hold: string | undefined
  /** The next step of the proof of the wanted release; nothing where it needs none. */
  readonly proof: ProofStep
  /** All releases to store, the newest first; the target is the first of its number. */
  readonly records: readonly ReleaseRecord[]
  /** The release of each live Deployment; absent where it is not stored. */
  readonly running: Readonly<Partial<Record<Component, ReleaseRecord>>>
  /** What would change if the pods were rendered by this operator; empty when nothing would. */
  readonly update: readonly string[]
  /** When `operatorUpdates: Auto` takes the update, in milliseconds since 1970; undefined when it does not. */
  readonly updateAtMs: number | undefined
  /** Why the target, which is not stored yet, takes the update of a release at once. */
  readonly urgent: readonly UrgentFix[]
  /** Times after which to select again, although nothing changes. */
  readonly waitsMs: readonly number[]
}

/**
 * Finds the release that the spec asks for among the stored ones, or makes a new one; learns what became of it; and decides
 * which release should run.
 */
export function selectRelease(input: SelectInput): Selection {
  const { fresh, model } = input
  const found = recordOf(input)
  const urgent = found.isStored ? [] : urgentFor(sameOf(input), input)
  const others = input.records
    .filter(({ name }) => name !== found.name)
    .map((record) => withMigration(withDecision(record, input), input))
  const fallback = lastGood(others)
  const step = stepOf(found, others, input)
  const target = { ...found, learned: learnedOf(found, fallback, step, input) }
  const records = [target, ...others].sort((a, b) => b.number - a.number)
  const refusal = refusalOf(target, others, model)
  const decision = decide(target, others)
  const { wanted } = decision
  const judgedMs = judgedAgainMs(target, input)
  const isProving = wanted === target && target.learned.failed === undefined
  const proof = isProving ? step : NO_STEP
  const update = pathsBetween(target.release, restartedLike(fresh, target.release))
  const updateAtMs = update.length === 0 ? undefined : updateAtOf(target, input)
  return {
    target,
    refusal,
    wanted,
    rollback: rollbackOf(decision, input.live),
    hold: holdWords(input.live, target, judgedMs),
    proof,
    records,
    running: runningOf(records, input.live),
    update,
    updateAtMs,
    urgent,
    waitsMs: [judgedMs, updateAtMs === undefined ? 0 : updateAtMs - input.now.getTime()],
  }
}

function recordOf(input: SelectInput): ReleaseRecord {
  const { stored, isAgain, name, number, release } = targetOf(input)
  const { valueHashes } = input
  const seen = Object.keys(valueHashes).length > 0 && { secrets: valueHashes }
  if (stored === undefined) return { name, number, release, learned: { ...seen }, isStored: false }
  const record = isAgain ? rolledOutAgain(stored, number) : { ...stored, release, number }
  return number === stored.number ? record : { ...record, learned: { ...record.learned, ...seen } }
}

/** Whoever asks for an earlier release again wants it tried, whatever became of it the last time. */
function rolledOutAgain(record: ReleaseRecord, number: number): ReleaseRecord {
  const { failed: _failed, held: _held, proof: _proof, ...learned } = record.learned
  return { ...record, number, learned }
}

const NO_STEP: ProofStep = { waitMs: 0 }

/** A release that is good, has failed, or is not to run has the proof that it has. */
function stepOf(target: ReleaseRecord, others: readonly ReleaseRecord[], input: SelectInput): ProofStep {
  const { learned } = target
  const stored = learned.proof === undefined ? NO_STEP : { ...NO_STEP, proof: learned.proof }
  if (learned.good?.number === target.number || input.live.model.hibernated) return stored
  const takenBack = takenBackOf(target, input)
  if (takenBack !== undefined && takeBack(takenBack, target, others).wanted !== target) return stored
  const isAgain = learned.failed !== undefined && isTriedAgain(learned.failed, input)
  if (learned.failed !== undefined && !isAgain) return stored
  // Nothing is stored while paused, so it would begin at another time with each reconciliation.
  if (input.live.model.paused && (isAgain || learned.proof === undefined)) return stored
  const former = lastGood(others)
  if (goesBack(target, former)) return NO_STEP
  const { proof: _, ...kept } = learned
  const begun = isAgain ? { ...target, learned: kept } : target
  const migration = migrationOf(target, input)
  const migrated = { ...target, learned: { ...target.learned, ...(migration && { migration }) } }
  const unfit = former && rollbackRefusal(former, [migrated, ...others])
  return proofStep(begun, migration !== undefined, { ...input, former, unfit })
}

function migrationOf({ learned, release }: ReleaseRecord, input: SelectInput): Migration | undefined {
  return learned.migration ?? input.migrationOf(release)
}

function learnedOf(
  target: ReleaseRecord,
  fallback: ReleaseRecord | undefined,
  { proof, fault }: ProofStep,
  input: SelectInput,
): Learned {
  const { live, now } = input
  const { learned } = target
  const migration = migrationOf(target, input)
  const takenBack = takenBackOf(target, input)
  const kept: Learned = {
    ...(migration && { migration }),
    ...(learned.good && { good: learned.good }),
    ...(proof && { proof }),
    ...(takenBack !== undefined && { takenBack }),
    ...(learned.secrets && { secrets: learned.secrets }),
  }
  if (learned.good?.number === target.number) return kept
  const isDone = isProven({ ...learned, ...kept })
  if (migration !== undefined && isDone && isGood(live, target) && !live.model.hibernated)
    return { ...kept, good: { number: target.number, since: time(now) } }
  if (learned.failed !== undefined && !isTriedAgain(learned.failed, input)) return { ...kept, failed: learned.failed }
  const held = heldOf(target, input)
  const failed = fallback === undefined ? undefined : failureOf(target, held, fault, input)
  return { ...kept, ...(held && { held }), ...(failed && { failed }) }
}

/** Other values of the Secrets, or of the annotation, are a reason to try a release again. */
function isTriedAgain(
  { secrets, retry }: NonNullable<Learned['failed']>,
  { secrets: present, annotations }: SelectInput,
): boolean {
  return secrets !== present || retry !== annotations[DECISIONS.retry]
}

/** While pods of other releases suffer too, a release is not judged, and its deadline stops. */
function heldOf(target: ReleaseRecord, { live, now }: SelectInput): Learned['held'] {
  const { held } = target.learned
  if (!COMPONENTS.some((component) => hasRelease(component, live, target))) return undefined
  if (isExcused(live, target)) return held?.since === undefined ? { since: time(now) } : held
  return held?.since === undefined ? held : { until: time(now) }
}

function failureOf(
  target: ReleaseRecord,
  held: Learned['held'],
  disproof: Blocker | undefined,
  { live, secrets, annotations, now }: SelectInput,
): Learned['failed'] {
  const isHeld = held?.since !== undefined || heldWaitMs(held, live, now) > 0
  // The proof makes allowances itself.
  const fault = disproof ?? (isHeld ? undefined : faultOf(live, target))
  if (fault === undefined) return undefined
  const retry = annotations[DECISIONS.retry]
  return { ...fault, at: time(now), secrets, ...(retry !== undefined && { retry }) }
}

/** What is left of the deadline that began anew when the release was held no longer. */
function heldWaitMs(held: Learned['held'], { model }: Live, now: Date): number {
  const until = held?.until === undefined ? Number.NEGATIVE_INFINITY : Date.parse(held.until)
  return Math.max(0, until + model.spec.rollout.progressDeadlineSeconds * 1000 - now.getTime())
}

/** What is left until a release that was held is judged again, in milliseconds; 0 when it is not held. */
function judgedAgainMs({ learned }: ReleaseRecord, { live, now }: SelectInput): number {
  if (learned.failed !== undefined || learned.held?.until === undefined) return 0
  return heldWaitMs(learned.held, live, now)
}

/** A migration may end while its release is no longer asked for; what it did to the schema counts all the same. */
function withMigration(record: ReleaseRecord, input: SelectInput): ReleaseRecord {
  const migration = migrationOf(record, input)
  return migration === undefined ? record : { ...record, learned: { ...record.learned, migration } }
}

/** Once the annotation is gone, its value may be used again. */
function withDecision(record: ReleaseRecord, { annotations }: SelectInput): ReleaseRecord {
  if (annotations[DECISIONS.rollback] !== undefined) return record
  const { takenBack: _, ...learned } = record.learned
  return { ...record, learned }
}

function refusalOf(target: ReleaseRecord, others: readonly ReleaseRecord[], { version }: Model): Blocker | undefined {
  const tooOld = schemaRefusal(version, others)
  if (tooOld !== undefined)
    return {
      reason: 'VersionTooOld',
      message: `${tooOld} (spec.version is "${version}"): set spec.version to a later one`,
    }
  const bytes = Buffer.byteLength(JSON.stringify(target.release))
  if (target.isStored || bytes <= MAX_RECORD_BYTES) return undefined
  const { part, bytes: partBytes } = largestPart(target.release)
  const message = `the record of the release has ${bytes} bytes, at most ${MAX_RECORD_BYTES} are possible: make ${part} smaller (${partBytes} bytes)`
  return { reason: 'InvalidSpec', message }
}

/** What is told of a decision. */
function rollbackOf(decision: Decision<ReleaseRecord>, live: Live): Blocker | undefined {
  if (decision.type === 'target') return undefined
  if (decision.type === 'back') return backOn(decision, live)
  const { type, message } = decision
  return { reason: type === 'invalid' ? 'InvalidAnnotation' : 'RollbackRefused', message }
}

/** Going back is tried once: when the former release does not run any more either, nothing turns again. */
function backOn(
  { wanted: to, why, isByHand }: Extract<Decision<ReleaseRecord>, { type: 'back' }>,
  live: Live,
): Blocker {
  const fault = faultOf(live, to)
  const isFailed = fault !== undefined && !isExcused(live, to)
  if (isFailed)
    return { reason: 'RollbackFailed', message: `${why}; release ${releaseTitle(to)} fails too: ${fault.message}` }
  return {
    reason: isByHand ? 'RolledBackByHand' : 'RolledBack',
    message: `${why}; release ${releaseTitle(to)} runs again`,
  }
}

/** Deployments of the operator 0.1.0 have the number of their release alone. */
function runningOf(records: readonly ReleaseRecord[], { deployments }: Live): Selection['running'] {
  const entries = COMPONENTS.map((component) => {
    const annotations = deployments[component]?.metadata.annotations ?? {}
    const name = annotations[RELEASE]
    const record = records.find((each) =>
      name === undefined ? String(each.number) === annotations[REVISION] : each.name === name,
    )
    return [component, record] as const
  })
  return Object.fromEntries(entries.filter(([, record]) => record !== undefined))
}
