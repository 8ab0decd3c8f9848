import type { Environment } from '@chat-app/platform'
import { generatedSecrets, names, operator, version } from './base.ts'

const small = { requests: { cpu: '50m', memory: '96Mi' }, limits: { cpu: '500m', memory: '256Mi' } } as const

/** The sandbox, or any small cluster: everything on one machine with two cores. */
export const local = {
  name: 'local',
  chatApp: {
    ...names.chatApp,
    spec: {
      version,
      api: { replicas: 1, resources: small },
      websocket: { replicas: 2, resources: small, drain: { periodSeconds: 10 } },
      worker: { resources: small },
      // The machine runs all of it, and may be slow, which is no fault of a release.
      rollout: { budget: { maxGapSeconds: 60 } },
    },
  },
  operator: { ...operator, replicas: 1, clusterNamespaces: [] },
  secrets: generatedSecrets,
  policies: { chatApps: 12, nodes: 10, warnOfOneReplica: false },
  dataNamespace: names.dataNamespace,
  database: {
    kind: 'mariadb',
    image: 'sandbox.local/mariadb:10.11',
    storage: '1Gi',
    resources: { requests: { cpu: '50m', memory: '192Mi' }, limits: { cpu: '1', memory: '768Mi' } },
  },
  redis: {
    kind: 'pods',
    image: 'sandbox.local/redis:7.0',
    storage: '1Gi',
    resources: { requests: { cpu: '10m', memory: '24Mi' }, limits: { cpu: '250m', memory: '128Mi' } },
  },
} as const satisfies Environment
