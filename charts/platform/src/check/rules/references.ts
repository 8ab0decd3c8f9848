import type { Fault } from '@chat-app/chat/constructs'
import { tenantUrl } from '../../parts/storage/tenant.ts'
import type { Environment } from '../../environment/environment.ts'
import { rule, type Rule } from './rule.ts'

/** The host of a Tenant in this Kubernetes cluster. A storage outside it may have any other host. */
const TENANT_HOST = /^minio\.([^.]+)\.svc(\.cluster\.local)?$/

/** References between parts: a part would wait forever for one that does not exist. */
export const referenceRules: readonly Rule[] = [
  rule(['chatApp', 'operator'], ['operator', 'watchNamespaces'], ({ chatApp: { namespace }, operator }) =>
    operator.watchNamespaces.includes(namespace)
      ? undefined
      : `must include chatApp.namespace, ${namespace}: otherwise no operator reconciles the ChatApp`,
  ),
  {
    of: ['chatApp', 'operator', 'dataNamespace', 'database', 'redis'],
    faults: (environment) => [...clusterFaults(environment, 'database'), ...clusterFaults(environment, 'redis')],
  },
  {
    of: ['database', 'storage'],
    faults: ({ database, storage }) => {
      const backup = database.kind === 'pxc' ? database.backup : undefined
      if (backup === undefined) return []
      if (storage === undefined)
        return [
          {
            path: ['storage'],
            message: 'must be set for database.backup: the platform makes the bucket and its keys in it',
          },
        ]
      const namespace = TENANT_HOST.exec(new URL(backup.endpointUrl).hostname)?.[1]
      if (storage.kind !== 'tenant' || namespace === undefined || namespace === storage.namespace) return []
      const message = `must be ${tenantUrl(storage.namespace)}: the bucket and its keys are made in the Tenant of storage`
      return [{ path: ['database', 'backup', 'endpointUrl'], message }]
    },
  },
]

/** The clusters that the ChatApp waits for must be those that the platform makes. */
function clusterFaults(
  { chatApp, operator, dataNamespace, database, redis }: Environment,
  part: 'database' | 'redis',
): Fault[] {
  const reference = chatApp.spec[part]?.clusterRef
  if (reference === undefined) return []
  const path = ['chatApp', 'spec', part, 'clusterRef']
  const { namespace = chatApp.namespace } = reference
  const made = part === 'database' ? database.kind === 'pxc' && database.name : redis.kind === 'cluster' && redis.name
  const faults: Fault[] = []
  if (made === false)
    faults.push({
      path,
      message: `must not be set: the ${part} of this environment is of kind ${part === 'database' ? database.kind : redis.kind}, not a ${reference.kind}`,
    })
  else if (reference.name !== made || namespace !== dataNamespace)
    faults.push({
      path,
      message: `must name ${made} in ${dataNamespace}: the ChatApp would wait for a ${reference.kind} that the platform does not make`,
    })
  if (namespace !== chatApp.namespace && operator.clusterNamespaces?.includes(namespace) !== true)
    faults.push({
      path: ['operator', 'clusterNamespaces'],
      message: `must include ${namespace}, the namespace of chatApp.spec.${part}.clusterRef: otherwise the operator may not read it`,
    })
  return faults
}
