import type { Steps } from '@chat-app/cli'
import { type KubernetesObject } from '@chat-app/chat'
import type { Kubectl } from '@chat-app/kubectl'
import { applyFile, type File } from './apply.ts'
import { changes } from './changes.ts'
import type { Cli } from './cli.ts'
import { assertAccepted, objections, type Acceptable } from './objections.ts'
import { assertKindsServed, couldExist, look } from './preflight.ts'
import { allReady } from './ready.ts'
import { readRecord, recordBegin, recordEnd, type DeployRecord, type Release } from './record.ts'

/** What is deployed, and to which cluster. */
export interface Plan {
  readonly kubectl: Kubectl
  readonly cli: Cli
  readonly release: Release
  /** The namespace of the ChatApp, which has the record. */
  readonly namespace: string
  readonly files: readonly File[]
  /** Those of a file's objects that later files need. */
  readonly foundations: (objects: readonly KubernetesObject[]) => readonly KubernetesObject[]
  /** Whether only the ChatApp of a review is applied, to a platform that is there. */
  readonly isReview: boolean
  readonly isDryRun: boolean
  /** What is not refused. */
  readonly accept: readonly Acceptable[]
  /** How long the foundations of each file, and then everything, may take to be ready. */
  readonly timeoutSeconds: number
  /** Shows the steps, and prints what is done. */
  readonly steps: Pick<Steps, 'next' | 'print'>
}

/**
 * Checks what the cluster holds, shows what changes, applies the files in their order, and waits until the operator and
 * then everything is ready.
 *
 * @throws Error with the server's answer or with what `--accept` must name, or NotReady
 */
export async function deploy(plan: Plan): Promise<void> {
  const { kubectl, cli, files, release, namespace, isReview, isDryRun, timeoutSeconds, steps } = plan
  const objects = files.flatMap((file) => file.objects)
  // Besides the files: the comparison, and the wait for everything.
  const total = isDryRun ? 1 : files.length + 2
  steps.next('comparing with the cluster', total)
  const former = await compare(plan, objects)
  if (isDryRun) return steps.print('nothing was changed (--dry-run)')
  const recorded = isReview ? [] : await begin(plan, objects, former)
  for (const file of files) {
    steps.next(file.path, total)
    await applyFile(cli, kubectl, file, steps.print)
    await allReady(kubectl, plan.foundations(file.objects), timeoutSeconds, steps.print)
  }
  steps.next('waiting until everything is ready', total)
  if (!isReview) printRemoved(await recordEnd(kubectl, namespace, release, objects, recorded), steps.print)
  await allReady(kubectl, objects, timeoutSeconds, steps.print)
}

/**
 * Prints what changes. A dry run prints that also when the deployment would be refused.
 *
 * @returns the recorded objects
 */
async function compare(plan: Plan, objects: readonly KubernetesObject[]): Promise<readonly string[]> {
  const { kubectl, cli, namespace, steps, isDryRun, accept } = plan
  const found = await look(kubectl, objects)
  assertKindsServed(found, objects)
  const record = await readRecord(kubectl, namespace)
  if (record?.state === 'deploying') steps.print(brokenOff(record))
  const known = objects.filter((object) => couldExist(found, object))
  const against = await objections({ ...plan, record, objects: known })
  if (!isDryRun) assertAccepted(against, accept)
  const lines = await changes(cli, found, objects)
  steps.print(lines.length === 0 ? 'nothing changes' : `what changes:\n${indented(lines)}`)
  assertAccepted(against, accept)
  return record?.objects ?? []
}

function brokenOff({ environment, version, writtenAt }: DeployRecord): string {
  const since = writtenAt === undefined ? '' : `, which began at ${writtenAt},`
  return `the deployment of ${environment} ${version}${since} was broken off, or is still running`
}

/** The record needs its namespace, so that is applied first. */
async function begin(
  { cli, kubectl, namespace, release, files }: Plan,
  objects: readonly KubernetesObject[],
  former: readonly string[],
): Promise<string[]> {
  for (const { path, objects: those } of files) {
    const own = those.filter(({ kind, metadata: { name } }) => kind === 'Namespace' && name === namespace)
    if (own.length > 0) await applyFile(cli, kubectl, { path, objects: own }, () => {})
  }
  return recordBegin(kubectl, namespace, release, objects, former)
}

function printRemoved(removed: readonly string[], print: (text: string) => void): void {
  if (removed.length === 0) return
  print(`applied earlier and no longer in the bundle; delete what is not needed:\n${indented(removed)}`)
}

function indented(lines: readonly string[]): string {
  return lines.map((line) => `  ${line}`).join('\n')
}
