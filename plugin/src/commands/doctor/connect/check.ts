import { setTimeout as sleep } from 'node:timers/promises'
import { randomUUID } from 'node:crypto'
import { reasonOf } from '../../../cluster/cluster.ts'
import type { Pod } from '../../../cluster/objects.ts'
import { readList } from '../../../cluster/read.ts'
import type { CleanUps } from '../../../command/clean-ups.ts'
import { CLEAN_UP_SECONDS, CONNECT_POD_SECONDS, DOCTOR_REQUEST_SECONDS } from '../../../limits.ts'
import { error, ok, skipped, warning, type Finding } from '../finding.ts'
import type { Site } from '../site.ts'
import { connectJob, TTL_SECONDS } from './job.ts'
import type { Outcome } from './script.ts'

const POLL_MS = 1000

/** Starts a pod of the release that connects to database and Redis, and removes it. */
export async function connections(site: Site, cleanUps: CleanUps, run: string = randomUUID()): Promise<Finding[]> {
  const job = connectJob(site, run)
  const { name } = job.metadata
  const remove = () => removeJob(site, name)
  const done = cleanUps.add(async () => void (await remove()))
  try {
    const created = await site.cluster.results(
      ['create', '--filename', '-', '--output', 'name', '--request-timeout', `${DOCTOR_REQUEST_SECONDS}s`],
      { input: JSON.stringify(job), timeoutMs: 2 * DOCTOR_REQUEST_SECONDS * 1000 },
    )
    const isCreated = created.code === 0
    const findings = isCreated ? await outcomeOf(site, name) : []
    const left = await remove()
    return isCreated ? [...findings, ...left] : [skipped(`Job/${name}`, `not created: ${reasonOf(created)}`)]
  } catch (error) {
    await remove()
    throw error
  } finally {
    done()
  }
}

/** Not with the signal of the command, which has ended by then. */
async function removeJob({ cluster, namespace }: Site, name: string): Promise<Finding[]> {
  const args = ['delete', `job/${name}`, '--namespace', namespace, '--ignore-not-found', '--wait=false']
  const removed = cluster.results(args, { signal: AbortSignal.timeout(CLEAN_UP_SECONDS * 1000) })
  const { code, err } = await removed.catch((error: unknown) => ({ code: 1, err: (error as Error).message }))
  if (code === 0) return []
  const fix = `kubectl delete job ${name} -n ${namespace}`
  const why = `the cluster removes it ${TTL_SECONDS} s after its end, if its controller runs`
  return [
    warning({
      reason: 'NotRemoved',
      where: `Job/${name}`,
      what: `is not removed: ${reasonOf({ code, err })}`,
      why,
      fix,
    }),
  ]
}

async function outcomeOf({ cluster, namespace }: Site, job: string): Promise<Finding[]> {
  const args = ['pods', '--namespace', namespace, '--selector', `batch.kubernetes.io/job-name=${job}`]
  const deadline = performance.now() + CONNECT_POD_SECONDS * 1000
  let last: Pod | undefined
  while (performance.now() < deadline) {
    const read = await readList<Pod>(cluster, args)
    if (read.is === 'forbidden') return [skipped(`Job/${job}`, `its pod is not read: ${read.reason}`)]
    last = read.is === 'read' ? (read.value[0] ?? last) : last
    const state = last?.status?.containerStatuses?.find((each) => each.name === 'migrate')?.state
    if (state?.terminated !== undefined) return ended(state.terminated, job)
    if (state?.waiting?.reason?.includes('Image') === true) break
    await sleep(POLL_MS)
  }
  return [notStarted(job, last)]
}

function ended(
  { exitCode, message = '' }: { readonly exitCode: number; readonly message?: string },
  job: string,
): Finding[] {
  const outcomes = parsed(message)
  if (outcomes !== undefined) return outcomes.map(findingOf)
  return [
    error({
      reason: 'PodFailed',
      where: `Job/${job}`,
      what: `the pod ended with the code ${exitCode}, and without a result`,
      why: 'the image may be of another project or for another processor',
      fix: 'look at spec.images and spec.version',
    }),
  ]
}

function parsed(message: string): Outcome[] | undefined {
  try {
    const value: unknown = JSON.parse(message)
    return Array.isArray(value) && value.every(isOutcome) ? value : undefined
  } catch {
    return undefined
  }
}

/** The image may be of another project, and its pod may say anything. */
function isOutcome(value: unknown): value is Outcome {
  const { purpose, nodes, failed, faults } = (value ?? {}) as Partial<Record<keyof Outcome, unknown>>
  if (typeof purpose !== 'string' || !Object.hasOwn(NAMES, purpose)) return false
  const isTexts = Array.isArray(faults) && faults.every((fault) => typeof fault === 'string')
  return isTexts && Number.isSafeInteger(nodes) && Number.isSafeInteger(failed)
}

const NAMES = { database: 'database', redis: 'Redis', broadcast: 'Redis of broadcasts' } as const

function findingOf({ purpose, nodes, failed, faults }: Outcome): Finding {
  const where = NAMES[purpose]
  if (failed === 0) return ok(where, nodes === 1 ? 'answers a pod' : `all ${nodes} nodes answer a pod`)
  const what = `${failed} of ${nodes} do not answer a pod in this namespace: ${faults.join(', ')}`
  const why = 'the services do not become ready without it'
  const fix = 'look at the host and port in its Secret, its DNS name, and the NetworkPolicies of both namespaces'
  if (failed < nodes)
    return warning({ reason: 'PartlyUnreachable', where, what, why: 'a failover to these nodes fails', fix })
  return error({ reason: 'Unreachable', where, what, why, fix })
}

function notStarted(job: string, pod: Pod | undefined): Finding {
  const waiting = pod?.status?.containerStatuses?.find(({ state }) => state?.waiting !== undefined)?.state?.waiting
  const scheduled = pod?.status?.conditions?.find(({ type, status }) => type === 'PodScheduled' && status === 'False')
  const why = waiting?.message ?? waiting?.reason ?? scheduled?.message ?? 'it was not started in time'
  return error({
    reason: 'PodNotStarted',
    where: `Job/${job}`,
    what: `the pod has not run: ${why}`,
    why: 'the pods of the ChatApp, which have the same image and Secrets, would not either',
    fix: 'look at spec.images, its pullSecrets, the Secrets, and the room on the nodes',
  })
}
