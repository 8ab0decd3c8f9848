import type { ClusterUse } from '@chat-app/chat'
import { conditionIn, type ObjectCondition } from '@chat-app/chat/object-conditions'
import { readObject } from '../../../cluster/read.ts'
import { error, ok, skipped, type Finding } from '../finding.ts'
import type { Check, Site } from '../site.ts'

interface Cluster {
  readonly status?: { readonly state?: string; readonly conditions?: readonly ObjectCondition[] }
}

/** Whether the clusters of other operators that a rollout waits for are ready. */
export const clustersCheck: Check = {
  name: 'Clusters',
  async run(site) {
    const { clusters } = site.model
    if (clusters.length === 0) return [ok('clusterRef', 'names none: a rollout waits for connections alone')]
    return Promise.all(clusters.map((use) => findingOf(site, use)))
  },
}

async function findingOf({ cluster }: Site, use: ClusterUse): Promise<Finding> {
  const { kind, apiGroup, name, namespace, field } = use
  const where = `${kind}/${name} in ${namespace}`
  const read = await readObject<Cluster>(cluster, { kind: `${kind.toLowerCase()}s.${apiGroup}`, name, namespace })
  if (read.is === 'forbidden' || read.is === 'failed') return skipped(where, `not read: ${read.reason}`)
  const fault = (reason: string, what: string) =>
    error({ reason, where, what, why: 'a rollout waits until it is ready', fix: `mend it, or change ${field}` })
  if (read.is === 'missing') return fault('MissingCluster', `does not exist (${field})`)
  const { state, conditions } = read.value.status ?? {}
  const isReady = state?.toLowerCase() === 'ready' || conditionIn(conditions, 'Ready')?.status === 'True'
  return isReady ? ok(where, 'is ready') : fault('ClusterNotReady', `is not ready: ${state ?? 'it has no state yet'}`)
}
