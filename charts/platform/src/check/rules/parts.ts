import { CONNECTIONS_FOR_CHAT, connectionsOfRollouts } from '../../parts/database/connections.ts'
import { isEncrypted, replicates } from '../../environment/database.ts'
import type { Environment } from '../../environment/environment.ts'
import { missingPages } from '../../parts/edge/pages.ts'
import { dnsSecret } from '../../parts/edge/solver.ts'
import { speaksTls } from '../../environment/redis.ts'
import { rule, type Rule } from './rule.ts'

/** Parts that need a setting of another part. */
export const partRules: readonly Rule[] = [
  rule(['database', 'secrets'], ['database', 'vaultSecret'], ({ database, secrets }) =>
    !isEncrypted(database) || secrets.kind === 'vault'
      ? undefined
      : 'must not be set unless secrets are of kind vault: the keys of the encryption are kept there',
  ),
  rule(['regions', 'database'], ['database', 'replication'], ({ regions, database }) =>
    regions === undefined || replicates(database)
      ? undefined
      : 'must be set, on a database of kind pxc, for an environment of several regions: the databases of the other regions connect from its sourceRanges',
  ),
  rule(['regions', 'redis'], ['redis', 'kind'], ({ regions, redis }) =>
    regions === undefined || redis.kind !== 'external'
      ? undefined
      : 'must not be external in an environment of several regions: each needs a Redis of its own, and this has one address',
  ),
  rule(['regions', 'storage', 'edge'], ['edge', 'replication'], ({ regions, storage, edge }) =>
    regions === undefined || storage?.kind !== 'tenant' || edge === undefined || edge.replication !== undefined
      ? undefined
      : 'must be set for a Tenant in several regions: they connect to each other, also to the admin API of MinIO, through the ingress controller',
  ),
  rule(['storage', 'secrets'], ['secrets', 'kind'], ({ storage, secrets }) =>
    storage?.kind !== 'external' || secrets.kind === 'vault'
      ? undefined
      : 'must be vault where the storage is external: its keys come from whoever runs it and cannot be generated',
  ),
  rule(['chatApp', 'redis'], ['chatApp', 'spec', 'redis', 'tls'], ({ chatApp, redis }) =>
    redis.kind === 'external' || !speaksTls(redis) || chatApp.spec.redis?.tls !== undefined
      ? undefined
      : 'must be set where Redis uses TLS: no public authority signs its certificate',
  ),
  ...(['database', 'redis', 'messaging'] as const).map((part) =>
    rule([part, 'secrets'], ['secrets', 'kind'], (environment) =>
      environment[part]?.kind !== 'external' || environment.secrets.kind === 'vault'
        ? undefined
        : `must be vault where ${part} is external: its credentials come from whoever runs it and cannot be generated`,
    ),
  ),
  {
    of: ['database', 'chatApp', 'policies'],
    faults: ({ database, chatApp, policies }) => {
      const connections = connectionsOfRollouts(chatApp.spec, policies.chatApps)
      const allowed = connectionsAllowed(database)
      if (allowed === undefined || connections === undefined || connections.total <= allowed) return []
      const message = `must have a lower maximum of pods: ${policies.chatApps} ChatApps (policies.chatApps) open ${connections.total} database connections while they roll out, of ${allowed} that the database allows them`
      return [{ path: ['chatApp', 'spec', connections.most], message }]
    },
  },
  rule(['regions', 'certificates'], ['certificates', 'acme', 'dns01'], ({ regions, certificates }) =>
    regions === undefined || certificates?.acme === undefined || certificates.acme.dns01 !== undefined
      ? undefined
      : 'must be set for an environment of several regions: HTTP challenges reach only the region that a host resolves to, so the others would get no certificate',
  ),
  rule(['certificates', 'secrets'], ['secrets', 'kind'], ({ certificates, secrets }) =>
    secrets.kind === 'vault' ||
    certificates?.acme?.dns01 === undefined ||
    dnsSecret(certificates.acme.dns01) === undefined
      ? undefined
      : 'must be vault where certificates.acme.dns01 names a Secret: its value comes from the DNS provider and cannot be generated',
  ),
  {
    of: ['edge', 'monitoring', 'storage', 'logs'],
    faults: (environment) =>
      missingPages(environment).map((name) => ({
        path: ['edge', 'pages', name],
        message: 'must not be set: this environment does not have the part that this page belongs to',
      })),
  },
]

/** The connections that the ChatApps may open together; undefined where that is not known. */
function connectionsAllowed(database: Environment['database']): number | undefined {
  if (database.kind === 'external') return database.maxConnections
  return database.kind === 'pxc' ? CONNECTIONS_FOR_CHAT : undefined
}
