import { CONNECTIONS_FOR_CHAT, connectionsOfRollouts } from '../../parts/database/connections.ts'
import { isEncrypted, replicates } from '../../environment/database.ts'
import { missingPages } from '../../parts/edge/pages.ts'
import { dnsSecret } from '../../parts/edge/solver.ts'
import { speaksTls } from '../../environment/redis.ts'
import { rule, type Rule } from './rule.ts'

/** Parts that need something of another part. */
export const partRules: readonly Rule[] = [
  rule(['database', 'secrets'], ['database', 'vaultSecret'], ({ database, secrets }) =>
    !isEncrypted(database) || secrets.kind === 'vault'
      ? undefined
      : 'must not be set unless secrets are of kind vault: the keys of the encryption are kept there',
  ),
  rule(['regions', 'database'], ['database', 'replication'], ({ regions, database }) =>
    regions === undefined || replicates(database)
      ? undefined
      : 'must say who may follow, for an environment of several regions: a database of kind pxc with replication',
  ),
  rule(['regions', 'storage', 'edge'], ['edge', 'replication'], ({ regions, storage, edge }) =>
    regions === undefined || storage?.kind !== 'tenant' || edge === undefined || edge.replication !== undefined
      ? undefined
      : "must say who is let in, for a Tenant in several regions: they reach each other through the ingress controller, MinIO's administration too",
  ),
  rule(['storage', 'secrets'], ['secrets', 'kind'], ({ storage, secrets }) =>
    storage?.kind !== 'external' || secrets.kind === 'vault'
      ? undefined
      : 'must be vault where the storage is external: the keys come from who runs it and cannot be made at random',
  ),
  rule(['chatApp', 'redis'], ['chatApp', 'spec', 'redis', 'tls'], ({ chatApp, redis }) =>
    !speaksTls(redis) || chatApp.spec.redis?.tls !== undefined
      ? undefined
      : 'must be there where Redis speaks TLS: its certificate is not of a public authority',
  ),
  {
    of: ['database', 'chatApp', 'policies'],
    faults: ({ database, chatApp, policies }) => {
      const connections = connectionsOfRollouts(chatApp.spec, policies.chatApps)
      if (database.kind !== 'pxc' || connections === undefined || connections.total <= CONNECTIONS_FOR_CHAT) return []
      const message = `must have fewer pods at most: while policies.chatApps (${policies.chatApps}) roll out, they open ${connections.total} database connections of ${CONNECTIONS_FOR_CHAT} that there are`
      return [{ path: ['chatApp', 'spec', connections.most], message }]
    },
  },
  rule(['regions', 'certificates'], ['certificates', 'acme', 'dns01'], ({ regions, certificates }) =>
    regions === undefined || certificates?.acme === undefined || certificates.acme.dns01 !== undefined
      ? undefined
      : "must be there for an environment of several regions: Let's Encrypt asks over HTTP only where a host leads to, so the other regions would have no certificate",
  ),
  rule(['certificates', 'secrets'], ['secrets', 'kind'], ({ certificates, secrets }) =>
    secrets.kind === 'vault' ||
    certificates?.acme?.dns01 === undefined ||
    dnsSecret(certificates.acme.dns01) === undefined
      ? undefined
      : 'must be vault where certificates.acme.dns01 has a Secret: its value comes from who runs the DNS and cannot be made at random',
  ),
  {
    of: ['edge', 'monitoring', 'storage', 'logs'],
    faults: (environment) =>
      missingPages(environment).map((name) => ({
        path: ['edge', 'pages', name],
        message: 'is a page of a part that this environment does not have',
      })),
  },
]
