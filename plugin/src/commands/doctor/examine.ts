import type { Cluster } from '../../cluster/cluster.ts'
import { CHECKS_AT_ONCE } from '../../limits.ts'
import { chatAppCheck, faultOf } from './checks/chatapp.ts'
import { clustersCheck } from './checks/clusters.ts'
import { exposureCheck } from './checks/exposure.ts'
import { kindsCheck } from './checks/kinds.ts'
import { metricsCheck } from './checks/metrics.ts'
import { operatorCheck } from './checks/operator.ts'
import { permissionsCheck } from './checks/permissions.ts'
import { podsCheck } from './checks/pods.ts'
import { quotaCheck } from './checks/quota.ts'
import { secretsCheck } from './checks/secrets.ts'
import { storageCheck } from './checks/storage.ts'
import { skipped, type Checked } from './finding.ts'
import { findOperators, type OperatorFound } from './operator.ts'
import type { Check, Site, Subject } from './site.ts'

/** The checks that write nothing, in the order in which they are shown. */
const CHECKS: readonly Check[] = [
  chatAppCheck,
  kindsCheck,
  operatorCheck,
  permissionsCheck,
  secretsCheck,
  clustersCheck,
  exposureCheck,
  podsCheck,
  quotaCheck,
  metricsCheck,
  storageCheck,
]

/** What all checks look at; undefined where the ChatApp is too faulty to have a model. */
export function siteOf(subject: Subject, cluster: Cluster, now: Date): Site | undefined {
  const { model, chatApp } = subject
  if (model === undefined) return undefined
  const { name, namespace } = chatApp.metadata
  let found: Promise<OperatorFound> | undefined
  return { ...subject, model, cluster, namespace, name, now, operators: () => (found ??= findOperators(cluster)) }
}

/** The findings of a ChatApp without a model. */
export function withoutModel({ faults }: Subject): Checked[] {
  return [{ check: chatAppCheck.name, findings: faults.map(faultOf) }]
}

/** Runs all checks, some at a time. One that fails says so, and the others go on. @param onStart gets the name of each */
export async function examine(site: Site, onStart: (check: string) => void): Promise<Checked[]> {
  const results = new Map<string, Checked>()
  const waiting = [...CHECKS]
  const worker = async (): Promise<void> => {
    for (let check = waiting.shift(); check !== undefined; check = waiting.shift()) {
      onStart(check.name)
      results.set(check.name, await guarded(check.name, () => check.run(site)))
    }
  }
  await Promise.all(Array.from({ length: CHECKS_AT_ONCE }, worker))
  return CHECKS.flatMap(({ name }) => results.get(name) ?? [])
}

/** The findings of one check, which says so when it fails. */
export async function guarded(check: string, run: () => ReturnType<Check['run']>): Promise<Checked> {
  try {
    return { check, findings: await run() }
  } catch (error) {
    return { check, findings: [skipped(check, `not checked: ${(error as Error).message}`)] }
  }
}
