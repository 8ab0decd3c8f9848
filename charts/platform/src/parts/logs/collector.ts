import type { Chart } from 'cdk8s'
import {
  KubeClusterRole,
  KubeClusterRoleBinding,
  KubeConfigMap,
  KubeServiceAccount,
} from 'cdk8s-plus-27/lib/imports/k8s.js'
import { Manifest, nonRootPod, unprivilegedContainer } from '@chat-app/chat/constructs'
import type { Cluster } from '../../environment/cluster.ts'
import { platformLabels } from '../../objects/pod.ts'
import { closedNamespaces } from '../policies/edges.ts'
import type { LogsValues } from '../../environment/logs.ts'

const NAME = 'log-collector'
/** What stands in a line that is JSON. */
const PARSED = 'parsed'
const POLICY = 'chat-app-logs'
const POLICY_FILE = 'retention.json'
const POLICY_FOLDER = '/etc/chat-app-logs'

/** Filebeat on every node, for the pods of the platform alone. */
export function collector(chart: Chart, cluster: Cluster, logs: LogsValues): void {
  const { namespace } = logs.collector
  const metadata = { name: NAME, namespace, labels: platformLabels(NAME) }
  new KubeServiceAccount(chart, 'collector-service-account', { metadata, automountServiceAccountToken: false })
  access(chart, namespace)
  new KubeConfigMap(chart, 'retention', { metadata, data: { [POLICY_FILE]: retention(logs) } })
  new Manifest(chart, 'beat', {
    apiVersion: 'beat.k8s.elastic.co/v1beta1',
    kind: 'Beat',
    metadata: { name: logs.name, namespace, labels: platformLabels(NAME) },
    spec: {
      type: 'filebeat',
      version: logs.version,
      elasticsearchRef: { name: logs.name, namespace: logs.namespace },
      kibanaRef: { name: logs.name, namespace: logs.namespace },
      config: configuration(closedNamespaces(cluster)),
      daemonSet: { podTemplate: { spec: pod(logs) } },
    },
  })
}

// Which pod a file belongs to. Pods of all namespaces run on a node, so it is not one namespace's matter.
function access(chart: Chart, namespace: string): void {
  const name = 'chat-app-log-collector'
  const metadata = { name, labels: platformLabels(NAME) }
  const verbs = ['get', 'list', 'watch']
  new KubeClusterRole(chart, 'collector-role', {
    metadata,
    rules: [
      { apiGroups: [''], resources: ['pods', 'namespaces', 'nodes'], verbs },
      { apiGroups: ['apps'], resources: ['replicasets'], verbs },
      { apiGroups: ['batch'], resources: ['jobs'], verbs },
    ],
  })
  new KubeClusterRoleBinding(chart, 'collector-role-binding', {
    metadata,
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
    subjects: [{ kind: 'ServiceAccount', name: NAME, namespace }],
  })
}

function configuration(namespaces: readonly string[]) {
  const id = '${data.kubernetes.container.id}'
  const input = {
    type: 'filestream',
    id: `container-${id}`,
    paths: [`/var/log/containers/*-${id}.log`],
    'prospector.scanner.symlinks': true,
    // Shorter files are not read, and a Job says little: the time that every line begins with tells two files apart.
    'prospector.scanner.fingerprint.length': 64,
    parsers: [{ container: {} }],
    // The message stays the line as it was written; an object is also taken apart. What only looks like one is left alone.
    processors: [
      { decode_json_fields: { when: { regexp: { message: String.raw`^\{` } }, fields: ['message'], target: PARSED } },
    ],
  }
  return {
    'filebeat.autodiscover.providers': [
      {
        type: 'kubernetes',
        node: '${NODE_NAME}',
        templates: [
          {
            condition: { or: namespaces.map((namespace) => ({ equals: { 'kubernetes.namespace': namespace } })) },
            config: [input],
          },
        ],
      },
    ],
    'setup.ilm': {
      enabled: true,
      overwrite: true,
      policy_name: POLICY,
      policy_file: `${POLICY_FOLDER}/${POLICY_FILE}`,
    },
    'setup.template': {
      enabled: true,
      overwrite: true,
      // Parts of the platform use one name for a number, a text or an object: mapped each by itself, the first would have
      // Elasticsearch refuse the lines of the others.
      append_fields: [{ name: PARSED, type: 'flattened' }],
      // A longer value is kept and not searched; beyond 32766 bytes Elasticsearch would refuse its line.
      settings: { index: { mapping: { ignore_above: 4096 } } },
    },
  }
}

function retention({ keepDays, indexSize }: LogsValues): string {
  const rollover = { max_age: '1d', max_primary_shard_size: indexSize }
  const hot = { actions: { rollover } }
  // Counted from the day that an index was closed.
  const gone = { min_age: `${keepDays}d`, actions: { delete: {} } }
  return JSON.stringify({ policy: { phases: { hot, delete: gone } } }, undefined, 2)
}

function pod({ collector: { resources } }: LogsValues) {
  const hostFolder = (name: string, path: string) => ({ name, hostPath: { path, type: 'Directory' } })
  const folders = [hostFolder('containers', '/var/log/containers'), hostFolder('pods', '/var/log/pods')]
  return {
    serviceAccountName: NAME,
    automountServiceAccountToken: true,
    // The files belong to root, and it may read them: nothing more.
    securityContext: { runAsUser: 0, seccompProfile: nonRootPod.seccompProfile },
    tolerations: [{ operator: 'Exists', effect: 'NoSchedule' }],
    containers: [
      {
        name: 'filebeat',
        resources,
        env: [{ name: 'NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } }],
        securityContext: { ...unprivilegedContainer, privileged: false },
        volumeMounts: [
          ...folders.map(({ name, hostPath: { path } }) => ({ name, mountPath: path, readOnly: true })),
          { name: 'retention', mountPath: POLICY_FOLDER, readOnly: true },
        ],
      },
    ],
    volumes: [...folders, { name: 'retention', configMap: { name: NAME } }],
  }
}
