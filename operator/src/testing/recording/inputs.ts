import { API_VERSION, KIND, type ChatAppSpecInput } from '@chat-app/crds'
import type { Resource } from '@chat-app/chat/resources'
import type { KubeObject } from '../../runtime/types.ts'
import { CREDENTIALS } from '../secrets.ts'

/** Names in recorded objects hold it, so a recording is put back into a namespace of the same name. */
export const NAMESPACE = 'chat-app'

/** The release that the recorded ChatApps run last. */
export const LAST_VERSION = '1.1.0'

/** Kinds of others that recorded ChatApps use. They are served without their real schemas. */
export const FOREIGN_KINDS: readonly Resource[] = [
  { group: 'monitoring.coreos.com', version: 'v1', kind: 'ServiceMonitor', plural: 'servicemonitors' },
  { group: 'gateway.networking.k8s.io', version: 'v1', kind: 'HTTPRoute', plural: 'httproutes' },
  { group: 'pxc.percona.com', version: 'v1', kind: 'PerconaXtraDBCluster', plural: 'perconaxtradbclusters' },
  { group: 'redis.redis.opstreelabs.in', version: 'v1beta2', kind: 'RedisCluster', plural: 'redisclusters' },
]

/**
 * What a cluster has before the ChatApps, in the order in which it is made. A recording does not hold it: values that are
 * in use by a recording must stay as they are, since hashes of them are in its pod templates.
 */
export const GIVEN: readonly KubeObject[] = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } },
  ...Object.entries({ ...CREDENTIALS, 'database-ca': { 'ca.crt': 'an authority' } }).map(([name, stringData]) => ({
    ...named('v1', 'Secret', name),
    stringData,
  })),
  { ...named('pxc.percona.com/v1', 'PerconaXtraDBCluster', 'database'), status: { state: 'ready' } },
  { ...named('redis.redis.opstreelabs.in/v1beta2', 'RedisCluster', 'redis'), status: { state: 'Ready' } },
]

const hosts = { api: 'api.example.com', websocket: 'ws.example.com' }

/** The ChatApps of a recording: few fields, many fields, and clusters that it waits for. */
export const CHAT_APPS: Readonly<Record<string, ChatAppSpecInput>> = {
  'chat-app': { version: LAST_VERSION },
  ingress: {
    version: '1.0.0',
    exposure: {
      type: 'Ingress',
      hosts,
      ingress: { className: 'nginx', profile: 'nginx' },
      tls: { issuerRef: { name: 'letsencrypt' } },
    },
    api: {
      replicas: 2,
      autoscaling: { minReplicas: 2, maxReplicas: 4 },
      podTemplate: {
        metadata: { annotations: { 'example.com/team': 'chat' } },
        spec: {
          nodeSelector: { 'example.com/pool': 'chat' },
          containers: [{ name: 'api', env: [{ name: 'TZ', value: 'UTC' }] }],
        },
      },
    },
    websocket: { replicas: 2, autoscaling: { minReplicas: 2, maxReplicas: 6 }, drain: { periodSeconds: 30 } },
    database: { tls: { caSecretRef: { name: 'database-ca' } } },
  },
  gateway: {
    version: LAST_VERSION,
    images: { registry: 'mirror.example.com/chat', digests: { api: digest('a'), websocket: digest('b') } },
    exposure: { type: 'Gateway', hosts, gateway: { parentRef: { name: 'public', namespace: 'edge' } } },
    database: { clusterRef: { kind: 'PerconaXtraDBCluster', name: 'database' } },
    redis: { clusterRef: { kind: 'RedisCluster', name: 'redis' } },
  },
}

/** A ChatApp as a user applies it. */
export function chatAppOf(name: string, spec: ChatAppSpecInput): KubeObject {
  return { ...named(API_VERSION, KIND, name), spec }
}

/** A CRD that accepts every object of the kind. Its status is no subresource, so it is applied with the object. */
export function definitionOf({ group, version, kind, plural }: Resource): KubeObject {
  const openAPIV3Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${plural}.${group}`,
      // Groups of Kubernetes itself need it.
      annotations: { 'api-approved.kubernetes.io': 'unapproved, for tests' },
    },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind, plural },
      versions: [{ name: version, served: true, storage: true, schema: { openAPIV3Schema } }],
    },
  }
}

function named(apiVersion: string, kind: string, name: string): KubeObject {
  return { apiVersion, kind, metadata: { name, namespace: NAMESPACE } }
}

function digest(digit: string): string {
  return `sha256:${digit.repeat(64)}`
}
