import { EMITTED_KINDS, WATCH_PERMISSIONS } from '@chat-app/chat/permissions'
import { GROUP, PLURAL } from '@chat-app/crds'
import { review, type Ask } from '../../../cluster/access.ts'
import { error, ok, skipped, warning, type Finding } from '../finding.ts'
import type { InstalledOperator } from '../operator.ts'
import type { Check, Site } from '../site.ts'

/** Whether the caller may apply the ChatApp and look at it, and whether the operator may do its work in the namespace. */
export const permissionsCheck: Check = {
  name: 'Permissions',
  async run(site) {
    const { operators, unread } = await site.operators()
    const watching = operators.filter(({ watches }) => watches.includes(site.namespace))
    const ofOperators = await Promise.all(watching.map((operator) => operatorFindings(site, operator)))
    const without = watching.length === 0 ? [noOperator(unread)] : []
    return [...(await callerFindings(site)), ...ofOperators.flat(), ...without]
  },
}

function noOperator(unread: string | undefined): Finding {
  return skipped('operator', unread ?? 'no operator watches the namespace')
}

async function callerFindings({ cluster, namespace, isFile }: Site): Promise<Finding[]> {
  const to = (group: string, resource: string, verb: string): Ask => ({ group, resource, verb, namespace })
  const changes = ['get', 'patch', ...(isFile ? ['create'] : [])].map((verb) => to(GROUP, PLURAL, verb))
  const looks = [to('', 'pods', 'list'), to('', 'pods/log', 'get'), to('apps', 'deployments', 'list')]
  const reviewed = await review(cluster, [...changes, ...looks])
  if ('unread' in reviewed) return [skipped('you', `not asked: ${reviewed.unread}`)]
  const refused = (asks: readonly Ask[]) => reviewed.refused.filter((ask) => asks.includes(ask))
  const [noChange, noLook] = [refused(changes), refused(looks)]
  const findings: Finding[] = []
  if (noChange.length > 0)
    findings.push(
      (isFile ? error : warning)({
        reason: 'NotPermitted',
        where: 'you',
        what: `you may not ${listed(noChange)} in ${namespace}`,
        why: isFile ? '"kubectl apply" of the ChatApp is refused' : 'you cannot change the ChatApp',
        fix: 'ask for a Role that has it (docs/kubectl-chatapp.md, "Permissions")',
      }),
    )
  if (noLook.length > 0)
    findings.push(
      warning({
        reason: 'NotPermitted',
        where: 'you',
        what: `you may not ${listed(noLook)} in ${namespace}`,
        why: '"kubectl chatapp status" and "logs" cannot show why a pod does not start',
        fix: 'ask for a Role that has it (docs/kubectl-chatapp.md, "Permissions")',
      }),
    )
  return findings.length > 0 ? findings : [ok('you', 'may apply the ChatApp and look at its pods')]
}

async function operatorFindings(site: Site, { account, namespace: own }: InstalledOperator): Promise<Finding[]> {
  const where = `ServiceAccount/${account} in ${own}`
  const reviewed = await review(site.cluster, asksOf(site), { name: account, namespace: own })
  if ('unread' in reviewed) return [skipped(where, `not asked: ${reviewed.unread}`)]
  if (reviewed.refused.length === 0) return [ok(where, `has what this ChatApp needs in ${site.namespace}`)]
  return [
    error({
      reason: 'OperatorNotPermitted',
      where,
      what: `the operator may not ${listed(reviewed.refused)} in ${site.namespace}`,
      why: 'it cannot create, see or repair these objects, and the ChatApp does not become Ready',
      fix: `install the operator with ${site.namespace} in watchNamespaces, which creates the Role there`,
    }),
  ]
}

/** What the operator needs for the kinds of this ChatApp. Kinds that it does not have are not asked for. */
function asksOf({ objects, model, namespace }: Site): Ask[] {
  const groups = new Set(model.clusters.filter((use) => use.namespace === namespace).map(({ apiGroup }) => apiGroup))
  const rendered = new Set(objects.map(({ kind }) => kind))
  const children = EMITTED_KINDS.filter(({ kind }) => rendered.has(kind)).map(({ plural }) => plural)
  const needed = new Set([...children, 'pods', 'secrets', 'controllerrevisions', 'events'])
  const isNeeded = (group: string, resource: string) => group === GROUP || groups.has(group) || needed.has(resource)
  return WATCH_PERMISSIONS.flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) =>
      resources
        .filter((resource) => isNeeded(group, resource))
        .flatMap((resource) => verbs.map((verb) => ({ group, resource, verb, namespace }))),
    ),
  )
}

/** `create, patch ingresses.networking.k8s.io; list pods`. */
function listed(asks: readonly Ask[]): string {
  const verbs = new Map<string, string[]>()
  for (const { group, resource, verb } of asks) {
    const name = group === '' ? resource : `${resource}.${group}`
    verbs.set(name, [...(verbs.get(name) ?? []), verb])
  }
  return [...verbs].map(([name, some]) => `${some.join(', ')} ${name}`).join('; ')
}
