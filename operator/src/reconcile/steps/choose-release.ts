import { byService, desired, proofJob, type ByService, type Model, type ProofPart } from '@chat-app/chat'
import { migrationJob, releaseOf, rolling, type Release } from '@chat-app/chat/release'
import type { ClusterFault } from '../../observe/cluster-faults.ts'
import type { SecretFault } from '../../observe/secret-faults.ts'
import { secretsFingerprint, valueHashes, type OwnedFacts } from '../../observe/facts.ts'
import { isComplete, migrationIn, type Migration } from '../../observe/migration.ts'
import { componentOf, containersOf, isTerminating, newestFirst } from '../../observe/pods.ts'
import type { SeenProof } from '../../observe/proof.ts'
import { serviceObjects } from '../../observe/service-objects.ts'
import { jobRefusal } from '../../observe/refused.ts'
import { ownershipOf } from '../../plan/ownership.ts'
import { pruned } from '../../plan/release/history.ts'
import type { Live } from '../../plan/release/judge.ts'
import { completed } from '../../plan/release/legacy.ts'
import { readRecord, type ReleaseRecord } from '../../plan/release/record.ts'
import { selectRelease, type Selection } from '../../plan/release/select.ts'
import { replacementOf, type Replacement } from '../../plan/replacement.ts'
import { drainingMs, stagesOf, type Stage } from '../../plan/stages.ts'
import { controllerOf, type KubeObject } from '../../runtime/types.ts'
import { OPERATOR_VERSION } from '../../version.ts'
import type { Subject } from '../operator.ts'

interface Needs extends Subject {
  readonly model: Model
  readonly facts: OwnedFacts
  readonly secretFaults: readonly SecretFault[]
  readonly clusterFaults: readonly ClusterFault[]
}

export interface Choice {
  /** What this operator renders for the ChatApp. */
  readonly objects: readonly KubeObject[]
  /** The live objects of the ChatApp. */
  readonly children: readonly KubeObject[]
  readonly live: Live
  readonly selection: Selection
  readonly stages: ByService<Stage>
  readonly replacements: ByService<Replacement>
  /** See `drainingMs`. */
  readonly drainMs: number
}

/** Decides which release should run, and which one each service gets now. */
export function chooseRelease(needs: Needs): { choice: Choice } {
  const { operator, chatApp, model, facts } = needs
  const children = operator.world.children(chatApp)
  const objects = desired(model, facts)
  const live = liveOf(needs)
  const fresh = releaseOf(model, facts, objects, OPERATOR_VERSION)
  const records = storedRecords(needs, children, fresh)
  const selected = selectRelease({
    model,
    facts,
    annotations: chatApp.metadata.annotations ?? {},
    fresh,
    records,
    live,
    migrationOf: (release) => migrationOf(release, records, objects, needs),
    seeProof: (record, part, run) => seeProof(record, part, run, needs),
    urgentFixes: operator.urgentFixes,
    secrets: secretsFingerprint(model, operator.world),
    rolled: rolling(model, facts),
    valueHashes: valueHashes(model, operator.world),
    now: operator.now(),
  })
  const selection = pruned(selected, live.pods, model.spec.rollout.historyLimit)
  const drainMs = drainingMs(live.pods, operator.now())
  const stages = stagesOf({ model, selection, live, drainingMs: drainMs })
  const replacements = byService(stages, ({ record }, component) =>
    replacementOf(component, record, live, operator.now()),
  )
  return { choice: { objects, children, live, selection, stages, replacements, drainMs } }
}

function liveOf({ operator: { world }, chatApp, model, secretFaults, clusterFaults }: Needs): Live {
  return {
    model,
    deployments: serviceObjects('Deployment', model, world),
    pods: world.pods(chatApp),
    hasFaults: secretFaults.length > 0 || clusterFaults.length > 0,
  }
}

/** The stored releases, also those that a ChatApp of the same name has left behind. */
function storedRecords(
  { operator: { world }, chatApp, model, facts }: Needs,
  children: readonly KubeObject[],
  fresh: Release,
): ReleaseRecord[] {
  const config = world.store('ConfigMap').get(model.namespace, `${model.name}-config`)
  const revisions = children.filter(
    (object) =>
      object.kind === 'ControllerRevision' &&
      !isTerminating(object) &&
      ['ours', 'adoptable'].includes(ownershipOf(object, chatApp.metadata)),
  )
  const records = revisions.flatMap((object) => readRecord(object) ?? [])
  const older = revisions.flatMap((object) =>
    readRecord(object) === undefined ? (completed(object, model, facts, fresh, config) ?? []) : [],
  )
  return [...records, ...older.filter(({ name }) => !records.some((record) => record.name === name))]
}

/** The result of a migration that has ended well: of its live Job, or of one that was deleted since. */
function migrationOf(
  release: Release,
  records: readonly ReleaseRecord[],
  objects: readonly KubeObject[],
  { operator: { world, memory }, chatApp, model }: Needs,
): Migration | undefined {
  const rendered = objects.find(({ kind }) => kind === 'Job')
  if (rendered === undefined) return undefined
  const nameOf = (of: Release) => migrationJob(rendered, model, of).metadata.name
  const name = nameOf(release)
  // A release that differs in its Secrets alone has the same Job, which found nothing to do for it and took nothing away.
  const same = records.find(
    ({ learned, release: other }) =>
      learned.migration !== undefined && other.version === release.version && nameOf(other) === name,
  )
  if (same !== undefined) {
    const { irreversible: _, ...kept } = same.learned.migration ?? {}
    return kept
  }
  const job = world.store('Job').get(model.namespace, name)
  const owner = chatApp.metadata.uid
  if (job !== undefined && isComplete(job) && controllerOf(job)?.uid === owner)
    return migrationIn(wordsOf(job, world.pods(chatApp)) ?? memory.jobs.wordsOf(job.metadata.uid ?? ''))
  const ended = memory.jobs.of(owner, name)
  return ended?.isComplete === true ? migrationIn(memory.jobs.wordsOf(ended.uid)) : undefined
}

function wordsOf(job: KubeObject, pods: readonly KubeObject[]): string | undefined {
  const statuses = pods.filter((pod) => controllerOf(pod)?.uid === job.metadata.uid).flatMap(containersOf)
  return statuses.find(({ state }) => state?.terminated?.exitCode === 0)?.state?.terminated?.message
}

function seeProof(
  { release }: ReleaseRecord,
  part: ProofPart,
  run: string,
  { operator: { world, memory }, chatApp, model, facts }: Needs,
): SeenProof {
  const job = proofJob(model, facts, release, part, run)
  const found = world.store('Job').get(model.namespace, job.metadata.name)
  const live = found !== undefined && ownershipOf(found, chatApp.metadata) === 'ours' ? found : undefined
  const pods = newestFirst(world.pods(chatApp)).filter(
    (pod) => componentOf(pod) === 'prove' && controllerOf(pod)?.name === job.metadata.name,
  )
  const last = live && world.refusals.of(live)
  const words = live && last && jobRefusal(live, pods, { [live.metadata.name]: last })
  return {
    job,
    live,
    pods,
    end: memory.jobs.proofOf(job),
    refusal: live === undefined ? memory.jobs.refusalOf(job) : words,
  }
}
