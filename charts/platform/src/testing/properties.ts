import { ownMessaging } from '../environment/messaging.ts'
import { declaredFacts, desired, model, type KubernetesObject } from '@chat-app/chat'
import { podOf, type Loose } from '@chat-app/chat/testing'
import { quantityValue } from '@chat-app/crds'
import type { Cluster } from '../environment/cluster.ts'
import { isEncrypted } from '../environment/database.ts'
import { chatApp } from '../parts/chat-app.ts'
import { millicores } from '../parts/policies/demand.ts'
import { edges } from '../parts/policies/edges.ts'
import { closedNamespaces } from '../parts/policies/namespaces.ts'
import { ingressController } from '../parts/policies/ends.ts'
import type { Copied, Part } from '../parts/secrets/credential.ts'
import { credentials } from '../parts/secrets/credentials.ts'
import { emptyMapsOf, imagesOf, partsWithoutBudget, partsWithoutZones } from './shape.ts'
import { allows, deniedEdges, peerOf, undeclaredConnections } from './network-policies.ts'

/** Says what in the objects of a cluster breaks the property, one line each. */
type Property = (objects: readonly Loose[], cluster: Cluster) => readonly string[]

/** What must hold for every cluster of every environment, by a sentence that follows the name of the cluster. */
export const PROPERTIES: Readonly<Record<string, Property>> = {
  'has each object once': (objects) =>
    repeated(
      objects.map(({ apiVersion, kind, metadata: { namespace, name } }) =>
        [apiVersion.split('/')[0], kind, namespace, name].join(' '),
      ),
    ),
  'has a Namespace for every object': (objects, { environment }) => {
    // cert-manager brings its own, and every Kubernetes cluster has kube-system.
    const known = new Set([...namespacesOf(objects), 'kube-system', environment.certificates?.namespace, undefined])
    return objects.filter(({ metadata }) => !known.has(metadata.namespace)).map(nameOf)
  },
  'enforces Pod Security restricted for the operator and the ChatApp': (objects, { environment }) => {
    const restricted = objects.filter(
      ({ kind, metadata }) =>
        kind === 'Namespace' && metadata.labels['pod-security.kubernetes.io/enforce'] === 'restricted',
    )
    const names = new Set(restricted.map(({ metadata }) => metadata.name))
    return [environment.operator.namespace, environment.chatApp.namespace].filter((name) => !names.has(name))
  },
  'has no Secret': (objects) => objects.filter(({ kind }) => kind === 'Secret').map(nameOf),
  'has the clusters that its ChatApp waits for, and lets the operator read them': (objects, cluster) =>
    model(chatApp(cluster)).clusters.flatMap(({ kind, name, namespace }) => [
      ...(objects.some(
        (object) => object.kind === kind && object.metadata.name === name && object.metadata.namespace === namespace,
      )
        ? []
        : [`no ${kind} ${namespace}/${name}`]),
      ...(cluster.environment.operator.clusterNamespaces?.includes(namespace) === true
        ? []
        : [`not read: ${namespace}`]),
    ]),
  'allows each declared connection at both ends': (objects, cluster) =>
    deniedEdges(policiesOf(objects), edges(cluster)),
  'denies every connection that is not declared': (objects, cluster) =>
    undeclaredConnections(policiesOf(objects), edges(cluster)),
  'closes every namespace of the platform': (objects, cluster) => {
    const closed = policiesOf(objects)
      .filter(({ metadata, spec }) => metadata.name === 'default-deny' && isDenyAll(spec))
      .map(({ metadata }) => metadata.namespace)
    return [...differences(closed, namespacesOf(objects)), ...differences(closedNamespaces(cluster), closed)]
  },
  'lets challenges over HTTP reach the namespaces with an Ingress, and no others': (objects, { environment }) => {
    const { certificates, chatApp: chat } = environment
    const exposed = [
      ...(chat.spec.exposure === undefined ? [] : [chat.namespace]),
      ...objects.flatMap(({ kind, metadata }) => (kind === 'Ingress' ? [metadata.namespace] : [])),
    ]
    const reached = namespacesOf(objects).filter((namespace) =>
      allows(policiesOf(objects), peerOf(ingressController), solverIn(namespace), 8089),
    )
    return differences(certificates?.acme?.ingressClassName === undefined ? [] : exposed, reached)
  },
  'has quotas that admit the largest rollout of its ChatApp': (objects, cluster) => {
    const { hard } = objects.find(
      ({ kind, metadata }) => kind === 'ResourceQuota' && metadata.namespace === cluster.environment.chatApp.namespace,
    ).spec
    const pods = largestRollout(cluster)
    const sum = (amount: (resources: Loose) => number) =>
      pods.reduce((all, pod) => all + amount(pod.containers[0].resources), 0)
    const asked = {
      pods: [pods.length, Number(hard.pods)],
      'requests.cpu': [sum(({ requests }) => millicores(requests.cpu)), millicores(hard['requests.cpu'])],
      'requests.memory': [
        sum(({ requests }) => quantityValue(requests.memory)),
        quantityValue(hard['requests.memory']),
      ],
      'limits.memory': [sum(({ limits }) => quantityValue(limits.memory)), quantityValue(hard['limits.memory'])],
    }
    return Object.entries(asked)
      .filter(([, [needed = 0, allowed = 0]]) => !(needed <= allowed))
      .map(([name, [needed, allowed]]) => `${name}: ${needed} of ${allowed}`)
  },
  'has a quota, and defaults for containers, in every namespace': (objects) =>
    ['ResourceQuota', 'LimitRange'].flatMap((wanted) =>
      differences(
        namespacesOf(objects),
        objects.flatMap(({ kind, metadata }) => (kind === wanted ? [metadata.namespace] : [])),
      ),
    ),
  'has each credential once, and a copy after its source': (_, cluster) => {
    const table = credentials(cluster)
    const names = table.map(secretName)
    const misplaced = table.flatMap(({ data }, index) =>
      Object.values(data)
        .flat()
        .filter(isCopied)
        .map(({ copied }) => secretName(copied))
        .filter((source) => !names.slice(0, index).includes(source)),
    )
    return [...repeated(names), ...misplaced]
  },
  'has no password in its table of credentials: each is held or copied': (_, cluster) => {
    const { monitoring, secrets } = cluster.environment
    const messaging = ownMessaging(cluster.environment)
    // Neither has a password: a user's name, and, where nobody is on call, a configuration without receivers.
    const plain = new Set([
      `${messaging?.credentialsSecret}/username`,
      ...(secrets.kind === 'generated' ? [`${monitoring?.alertmanager.configSecret}/alertmanager.yaml`] : []),
    ])
    return credentials(cluster).flatMap(({ name, data }) =>
      Object.entries(data).flatMap(([key, parts]) =>
        plain.has(`${name}/${key}`) || parts.some((part) => typeof part === 'object') ? [] : [`${name}/${key}`],
      ),
    )
  },
  'has the Secrets that its ChatApp reads': (_, cluster) => {
    const { namespace } = cluster.environment.chatApp
    const found = credentials(cluster)
      .filter((credential) => credential.namespace === namespace)
      .flatMap(({ name, data }) => Object.keys(data).map((key) => `${name}/${key}`))
    const keys = new Set(found)
    return ['db-credentials/url', 'redis-credentials/url', 'jwt-secret/secret'].filter((key) => !keys.has(key))
  },
  'lets one pod of every part be evicted at a time': (objects) => partsWithoutBudget(objects),
  'prefers different zones for the pods of every part that has several': (objects) => partsWithoutZones(objects),
  'has the host of its registry in every image': (objects) =>
    imagesOf(objects).filter((image) => !/^[^/]*[.:][^/]*\//.test(image)),
  'has no empty map, which the API server does not store': (objects) =>
    objects.flatMap((object) => emptyMapsOf(object).map((path) => `${nameOf(object)} ${path}`)),
  "renews the token of the database's keys where the database is encrypted, and only there": (objects, cluster) =>
    differences(
      objects.flatMap(({ kind, metadata }) => (kind === 'CronJob' ? [metadata.name] : [])),
      isEncrypted(cluster.environment.database) ? ['renew-vault-token'] : [],
    ),
}

/**
 * The pods of both services at their maximum, those of a rollout beside them, those of an earlier one that drain, and
 * the migration.
 */
export function largestRollout(cluster: Cluster): Loose[] {
  // A region that sleeps runs pods when it takes over.
  const app = { ...chatApp(cluster), spec: { ...cluster.environment.chatApp.spec, hibernated: false } }
  const children = desired(model(app), declaredFacts) as Loose[]
  return children
    .filter(({ kind }) => kind === 'Deployment' || kind === 'Job')
    .flatMap((object) => {
      const scaler = children.find(
        ({ kind, metadata }) => kind === 'HorizontalPodAutoscaler' && metadata.name === object.metadata.name,
      )
      const replicas = scaler?.spec.maxReplicas ?? object.spec.replicas ?? 1
      const { maxSurge = 0 } = object.spec.strategy?.rollingUpdate ?? {}
      const surge = maxSurge === '100%' ? replicas : Number(maxSurge)
      const draining = object.kind === 'Job' ? 0 : replicas
      return Array.from({ length: replicas + surge + draining }, () => podOf(object))
    })
}

/** The NetworkPolicies among the objects. */
export function policiesOf(objects: readonly KubernetesObject[]): Loose[] {
  return objects.filter(({ kind }) => kind === 'NetworkPolicy')
}

function namespacesOf(objects: readonly Loose[]): string[] {
  return objects.flatMap(({ kind, metadata }) => (kind === 'Namespace' ? [metadata.name] : []))
}

function isDenyAll({ podSelector, policyTypes, ...rules }: Loose): boolean {
  return JSON.stringify([podSelector, policyTypes, rules]) === '[{},["Ingress","Egress"],{}]'
}

function solverIn(namespace: string) {
  const labels = { 'acme.cert-manager.io/http01-solver': 'true' }
  return { name: 'solver', namespace, namespaceLabels: { 'kubernetes.io/metadata.name': namespace }, labels }
}

function nameOf({ kind, metadata: { namespace, name } }: Loose): string {
  return `${kind} ${namespace}/${name}`
}

function secretName({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return `${namespace}/${name}`
}

function isCopied(part: Part): part is Copied {
  return typeof part === 'object' && 'copied' in part
}

function repeated(names: readonly string[]): string[] {
  return names.filter((name, index) => names.indexOf(name) !== index)
}

/** What only one of two lists has. */
function differences(some: readonly string[], others: readonly string[]): string[] {
  return [...some.filter((name) => !others.includes(name)), ...others.filter((name) => !some.includes(name))]
}
