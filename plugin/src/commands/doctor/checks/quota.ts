import { quantityValue } from '@chat-app/crds'
import { readList } from '../../../cluster/read.ts'
import { error, ok, skipped, warning, type Finding } from '../finding.ts'
import type { Amounts } from '../pods.ts'
import type { Check, Site } from '../site.ts'
import { demandOf, usedBy, type Demand } from './demand.ts'
import type { LivePod } from './demand.ts'

interface Quota {
  readonly metadata: { readonly name: string }
  readonly spec: { readonly scopes?: readonly string[]; readonly scopeSelector?: object }
  readonly status?: { readonly hard?: Amounts; readonly used?: Amounts }
}

/** Whether the quotas of the namespace have room for all pods, and for those that a rollout starts beside them. */
export const quotaCheck: Check = {
  name: 'Quota',
  async run(site) {
    const { cluster, namespace, name } = site
    const read = await readList<Quota>(cluster, ['resourcequotas', '--namespace', namespace])
    if (read.is !== 'read') return [skipped('ResourceQuota', `not read: ${read.reason}`)]
    if (read.value.length === 0) return [ok('ResourceQuota', `the namespace ${namespace} has none`)]
    const selector = `app.kubernetes.io/instance=${name}`
    const pods = await readList<LivePod>(cluster, ['pods', '--namespace', namespace, '--selector', selector])
    if (pods.is !== 'read') return [skipped('ResourceQuota', `your pods are not read: ${pods.reason}`)]
    const own = usedBy(pods.value)
    return read.value.flatMap((quota) => findingsOf(site, quota, own))
  },
}

function findingsOf({ objects, model }: Site, { metadata, spec, status }: Quota, own: Demand): Finding[] {
  const where = `ResourceQuota/${metadata.name}`
  if (spec.scopes !== undefined || spec.scopeSelector !== undefined)
    return [skipped(where, 'counts only pods of its scopes, which this plugin does not compare')]
  const demand = demandOf(objects, model)
  const faults = Object.entries(status?.hard ?? {}).flatMap(([resource, hard]) => {
    const name = SHORT[resource] ?? resource
    const { steady, peak } = demand[name] ?? { steady: 0, peak: 0 }
    const others = quantityValue(status?.used?.[resource] ?? 0) - (own[name]?.peak ?? 0)
    const free = Math.max(quantityValue(hard) - Math.max(others, 0), 0)
    if (peak <= free + EPSILON) return []
    const what = `${resource}: ${shown(name, peak)} are needed at most, ${shown(name, steady)} of them all the time, and ${shown(name, free)} of ${hard} are free for this ChatApp`
    return [fault(where, what, steady > free + EPSILON)]
  })
  return faults.length > 0 ? faults : [ok(where, 'has room for all pods, and for those of a rollout beside them')]
}

function fault(where: string, what: string, isSteady: boolean): Finding {
  const fix = 'raise the quota, or ask for fewer replicas or smaller resources'
  return isSteady
    ? error({ reason: 'QuotaTooSmall', where, what, why: 'some pods are never created', fix })
    : warning({
        reason: 'NoRoomForRollout',
        where,
        what,
        why: 'the pods run, and a rollout of them stops half-way',
        fix,
      })
}

const EPSILON = 1e-9
const GIBI = 2 ** 30

/** The names of a quota that mean the same. */
const SHORT: Readonly<Record<string, string>> = {
  cpu: 'requests.cpu',
  memory: 'requests.memory',
  'count/pods': 'pods',
}

function shown(name: string, value: number): string {
  if (!name.endsWith('memory')) return String(Math.round(value * 1000) / 1000)
  return `${Math.round((value / GIBI) * 100) / 100}Gi`
}
