import {
  COMPONENTS,
  desired,
  INPUTS,
  REVISION,
  rollingSecrets,
  type Component,
  type Facts,
  type Model,
} from '@chat-app/chat'
import { DECISIONS, RELEASE } from '@chat-app/chat/annotations'
import {
  decide,
  lastGood,
  migrationJob,
  releaseOf,
  rolling,
  rollingSecretsOf,
  schemaRefusal,
  takenBackOf,
  targetOf,
  URGENT_FIXES,
  type Release,
} from '@chat-app/chat/release'
import type { PlannedRelease } from './records.ts'

/** A Deployment as it runs. */
export interface Live {
  readonly replicas: number
  /** Its annotations. */
  readonly annotations: Readonly<Record<string, string>>
}

export interface ChoiceInput {
  readonly model: Model
  readonly facts: Facts
  /** Annotations of the ChatApp. */
  readonly annotations: Readonly<Record<string, string>>
  readonly records: readonly PlannedRelease[]
  readonly deployments: Readonly<Partial<Record<Component, Live>>>
  /** Version of the operator. */
  readonly operator: string
  readonly now: Date
}

/** Which release will run, by the same rules as the operator's. */
export interface Choice {
  /** What `desired` returned. */
  readonly objects: ReturnType<typeof desired>
  /** The release that the spec asks for. */
  readonly target: PlannedRelease
  /** Whether no record has its number yet, so that a rollout begins. */
  readonly isNew: boolean
  /** The release that will run. */
  readonly wanted: PlannedRelease
  /** Why another one than the target runs, or cannot. */
  readonly why: string | undefined
  /** Why nothing of the target will be written. */
  readonly refusal: string | undefined
  /** The last good release before, with which a rollout is compared. */
  readonly former: PlannedRelease | undefined
  readonly running: Readonly<Partial<Record<Component, PlannedRelease>>>
  /** Name of the migration Job of the target, and whether it has run. */
  readonly migration: { readonly job: string; readonly hasRun: boolean }
}

export function choose(input: ChoiceInput): Choice {
  const { model, annotations, now, facts, operator } = input
  const objects = desired(model, facts)
  const values = rollingSecrets(model.secrets)
  // The values that pods read only at start are not known here, so their hash in the pods is not compared.
  const comparable = values.length === 0 ? same : withoutInputs
  const records = input.records.map((record) => ({ ...record, release: comparable(record.release) }))
  const rolled = rolledOf(values, records) ?? rolling(model, facts)
  const fresh = comparable({ ...releaseOf(model, facts, objects, operator), secrets: rolled })
  const found = targetOf({ model, rolled, annotations, fresh, records, urgentFixes: URGENT_FIXES, now })
  const { name, number, release } = found
  const others = records.filter((record) => record.name !== name)
  const learned = learnedOf(found.stored, found.isAgain, annotations)
  const takenBack = takenBackOf(found, { records, annotations })
  const target = { name, number, release, learned: { ...learned, ...(takenBack !== undefined && { takenBack }) } }
  const decision = decide<PlannedRelease>(target, others)
  return {
    objects,
    target,
    isNew: found.stored?.number !== number,
    wanted: decision.wanted,
    why: whyOf(decision),
    refusal: schemaRefusal(model.version, others),
    former: lastGood(others),
    running: runningOf(records, input.deployments),
    migration: migrationOf(release, target.learned, records, objects, model),
  }
}

function same(release: Release): Release {
  return release
}

function withoutInputs(release: Release): Release {
  const entries = Object.entries(release.templates).map(([part, template]) => [part, withoutInputsIn(template)])
  return { ...release, templates: Object.fromEntries(entries) as Release['templates'] }
}

function withoutInputsIn(template: { readonly metadata?: { readonly annotations?: object } }): object {
  const { annotations = {}, ...metadata } = template.metadata ?? {}
  const kept = Object.entries(annotations).filter(([name]) => name !== INPUTS)
  return { ...template, metadata: { ...metadata, ...(kept.length > 0 && { annotations: Object.fromEntries(kept) }) } }
}

/** The hash of the values in the newest release that has read the same ones. */
function rolledOf(values: readonly string[], records: readonly PlannedRelease[]): string | undefined {
  const alike = records.filter(({ release }) => rollingSecretsOf(release)?.join() === values.join())
  return alike.toSorted((a, b) => b.number - a.number)[0]?.release.secrets
}

/** What is still true of a release: one that is rolled out again, or tried again, has not failed yet. */
function learnedOf(
  stored: PlannedRelease | undefined,
  isAgain: boolean,
  annotations: ChoiceInput['annotations'],
): PlannedRelease['learned'] {
  if (stored === undefined) return {}
  const { failed, takenBack: _, ...kept } = stored.learned
  const isFailed = failed !== undefined && !isAgain && failed.retry === annotations[DECISIONS.retry]
  return { ...kept, ...(isFailed && { failed }) }
}

function whyOf(decision: ReturnType<typeof decide>): string | undefined {
  if (decision.type === 'target') return undefined
  return decision.type === 'back' ? decision.why : decision.message
}

function runningOf(records: readonly PlannedRelease[], deployments: ChoiceInput['deployments']): Choice['running'] {
  const entries = COMPONENTS.flatMap((component) => {
    const live = deployments[component]
    const record = live && records.find((each) => isOf(each, live.annotations))
    return record === undefined ? [] : [[component, record] as const]
  })
  return Object.fromEntries(entries)
}

/** A release that stands in for all has no name. */
function isOf({ name, number }: PlannedRelease, annotations: Readonly<Record<string, string>>): boolean {
  const running = annotations[RELEASE]
  if (running === undefined) return name === '' || String(number) === annotations[REVISION]
  return name === running || name === ''
}

/** A release that differs in its Secrets alone has the same Job, which found nothing to do for it. */
function migrationOf(
  release: Release,
  learned: PlannedRelease['learned'],
  records: readonly PlannedRelease[],
  objects: Choice['objects'],
  model: Model,
): Choice['migration'] {
  const rendered = objects.find(({ kind }) => kind === 'Job')
  const nameOf = (of: Release) => (rendered === undefined ? '' : migrationJob(rendered, model, of).metadata.name)
  const job = nameOf(release)
  const isSame = (other: PlannedRelease) =>
    other.learned.migration !== undefined && other.release.version === release.version && nameOf(other.release) === job
  return { job, hasRun: learned.migration !== undefined || records.some(isSame) }
}
