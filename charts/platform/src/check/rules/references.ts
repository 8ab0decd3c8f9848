import type { Fault } from '@chat-app/chat/constructs'
import { replicates } from '../../environment/database.ts'
import { speaksTls } from '../../environment/redis.ts'
import { tenantUrl } from '../../parts/storage/tenant.ts'
import type { Environment } from '../../environment/environment.ts'
import { rule, type Rule } from './rule.ts'

/** The host of a Tenant in this Kubernetes cluster. A storage outside it may have any other host. */
const TENANT_HOST = /^minio\.([^.]+)\.svc(\.cluster\.local)?$/

const CA_KEY = 'ca.crt'

/** A field that has no effect, or a wrong one, without another part. */
const OFF: readonly {
  readonly of: Rule['of']
  readonly path: readonly string[]
  readonly isWrong: (environment: Environment) => boolean
  readonly message: string
}[] = [
  {
    of: ['database', 'regions'],
    path: ['database', 'replication'],
    isWrong: ({ database, regions }) => replicates(database) && regions === undefined,
    message: 'must not be set without regions: there is no other database that replicates',
  },
  {
    of: ['edge', 'regions'],
    path: ['edge', 'replication'],
    isWrong: ({ edge, regions }) => edge?.replication !== undefined && regions === undefined,
    message: 'must not be set without regions: there is no other storage that replicates',
  },
  {
    of: ['storage', 'database'],
    path: ['storage', 'buckets', 'binaryLogDays'],
    isWrong: ({ storage, database }) =>
      storage?.buckets.binaryLogDays !== undefined &&
      (database.kind !== 'pxc' || database.backup?.uploadIntervalSeconds === undefined),
    message: 'must not be set without database.backup.uploadIntervalSeconds: there is no binary log in a bucket',
  },
  {
    of: ['monitoring', 'certificates'],
    path: ['monitoring', 'certManager'],
    isWrong: ({ monitoring, certificates }) => monitoring?.certManager !== undefined && certificates === undefined,
    message: 'must not be set without certificates: the platform has no certificate to watch',
  },
  {
    of: ['chatApp', 'database'],
    path: ['chatApp', 'spec', 'database', 'tls'],
    isWrong: ({ chatApp, database }) => chatApp.spec.database?.tls !== undefined && database.kind === 'mariadb',
    message: 'must not be set: the database is of kind mariadb, which has no TLS',
  },
  {
    of: ['chatApp', 'redis'],
    path: ['chatApp', 'spec', 'redis', 'tls'],
    isWrong: ({ chatApp, redis }) =>
      chatApp.spec.redis?.tls !== undefined && redis.kind !== 'external' && !speaksTls(redis),
    message: 'must not be set: redis.tls is false, so its address has no TLS',
  },
]

/** The authority of an external server is in the Secret that its values name. */
const AUTHORITIES: readonly Rule[] = (['database', 'redis'] as const).map((part) =>
  rule(['chatApp', part], ['chatApp', 'spec', part, 'tls'], (environment) => {
    const named = environment.chatApp.spec[part]?.tls?.caSecretRef
    const values = environment[part]
    if (values.kind !== 'external' || named === undefined) return undefined
    if (named.name === values.caSecret && (named.key ?? CA_KEY) === CA_KEY) return undefined
    return `must be left out: ${part} is external, and ${part}.caSecret says which Secret has its authority`
  }),
)

/** References between parts: a part would wait forever for one that does not exist. */
export const referenceRules: readonly Rule[] = [
  ...AUTHORITIES,
  ...OFF.map(({ of, path, isWrong, message }) =>
    rule(of, path, (environment) => (isWrong(environment) ? message : undefined)),
  ),
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
      const { hostname } = new URL(backup.endpointUrl)
      const namespace = TENANT_HOST.exec(hostname)?.[1]
      if (storage.kind === 'external' && namespace !== undefined && hostname !== new URL(storage.endpoint).hostname) {
        const message = `must be ${storage.endpoint}: storage is external, so there is no MinIO of the platform, and the bucket is made there`
        return [{ path: ['database', 'backup', 'endpointUrl'], message }]
      }
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
