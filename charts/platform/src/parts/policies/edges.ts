import { servicePorts } from '@chat-app/chat/constructs'
import type { Cluster } from '../../environment/cluster.ts'
import { pages } from '../edge/pages.ts'
import type { Environment } from '../../environment/environment.ts'
import { databaseEdges, messagingEdges, redisClientEdges, redisEdges, storageEdges } from './data-edges.ts'
import { databasePort } from '../../environment/database.ts'
import { customEdges } from './custom-edges.ts'
import { closedNamespaces } from './namespaces.ts'
import { edge, pods, type Edge, type Pods } from './edge.ts'
import * as end from './ends.ts'
import { logEdges, monitoringEdges, pageEdges } from './monitoring-edges.ts'
import { METRICS_PORT } from '../../objects/ports.ts'

/**
 * Every connection that a cluster of the platform needs. All others are denied. The NetworkPolicies and the pages of
 * the environments are made from this list.
 */
export function edges(cluster: Cluster): Edge[] {
  const { environment } = cluster
  return [
    ...nameEdges(cluster),
    ...chatEdges(environment),
    ...challengeEdges(cluster),
    ...operatorEdges(environment),
    ...databaseEdges(cluster),
    ...redisEdges(environment),
    ...messagingEdges(environment),
    ...storageEdges(cluster),
    ...monitoringEdges(environment),
    ...logEdges(environment),
    ...pageEdges(environment),
    ...customEdges(cluster),
  ]
}

function nameEdges(cluster: Cluster): Edge[] {
  return closedNamespaces(cluster).map((namespace) =>
    edge(pods('dns', namespace, {}), end.dns, [53, '53/UDP'], 'resolves names'),
  )
}

function chatEdges(environment: Environment): Edge[] {
  const chat = end.chat(environment)
  return [
    edge(chat, end.databaseServer(environment), [databasePort(environment.database)], 'messages'),
    edge(end.proof(environment), chat, Object.values(servicePorts), 'a rollout proves that messages arrive'),
    ...redisClientEdges(environment, chat),
  ]
}

/** cert-manager answers HTTP challenges in each namespace with an Ingress. */
function challengeEdges({ environment, region }: Cluster): Edge[] {
  const { certificates, chatApp, storage, edge: platformEdge } = environment
  if (certificates?.acme?.ingressClassName === undefined) return []
  const isReplicated = region !== undefined && platformEdge !== undefined && storage?.kind === 'tenant'
  const namespaces = [
    chatApp.namespace,
    ...pages(environment).map(({ pods: { namespace } }) => namespace),
    ...(isReplicated ? [storage.namespace] : []),
  ]
  return [...new Set(namespaces)].map((namespace) =>
    edge(end.ingressController, challenges(namespace), [8089], "challenges of Let's Encrypt"),
  )
}

/** The pods that cert-manager runs in the namespace of an Ingress while it requests a certificate. */
function challenges(namespace: string): Pods {
  return pods('acme-solver', namespace, { 'acme.cert-manager.io/http01-solver': 'true' })
}

function operatorEdges(environment: Environment): Edge[] {
  const operator = end.operator(environment)
  const generator = end.jobs('generate-secrets', environment.operator.namespace)
  return [
    edge(operator, end.apiServer, end.API_PORTS, 'reads and writes all objects'),
    edge(
      operator,
      end.chat(environment),
      [...Object.values(servicePorts), METRICS_PORT],
      'asks a pod why it is not ready',
    ),
    ...(environment.secrets.kind === 'generated'
      ? [edge(generator, end.apiServer, end.API_PORTS, 'creates Secrets')]
      : []),
  ]
}
