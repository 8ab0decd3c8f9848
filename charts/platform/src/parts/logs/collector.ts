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
import { platformNamespaces } from '../policies/namespaces.ts'
import type { LogsValues } from '../../environment/logs.ts'

const NAME = 'log-collector'
/** The field with the object of a line that is JSON. */
const PARSED = 'parsed'
const POLICY = 'chat-app-logs'
const POLICY_FILE = 'retention.json'
const POLICY_FOLDER = '/etc/chat-app-logs'

/** Filebeat on every node. It reads the logs of the platform's pods only. */
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
      ...(logs.collector.image !== undefined && { image: logs.collector.image }),
      elasticsearchRef: { name: logs.name, namespace: logs.namespace },
      kibanaRef: { name: logs.name, namespace: logs.namespace },
      config: configuration(platformNamespaces(cluster)),
      daemonSet: { podTemplate: { spec: pod(logs) } },
    },
  })
}

// Lets Filebeat look up the pod of a log file. It watches the pods of its node, in all namespaces, so this is a
// ClusterRole.
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
    // Filebeat does not read files that are shorter than the fingerprint, and a Job may log little. The time at the
    // start of each line makes 64 bytes unique.
    'prospector.scanner.fingerprint.length': 64,
    parsers: [{ container: {} }],
    // The field message keeps the line as written. A line that is a JSON object is also parsed.
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
      // The parts log fields of one name with different types. With dynamic mapping, Elasticsearch would reject all but
      // the first type.
      append_fields: [{ name: PARSED, type: 'flattened' }],
      // A longer value is stored but not indexed. Elasticsearch rejects values of more than 32766 bytes.
      settings: { index: { mapping: { ignore_above: 4096 } } },
    },
  }
}

function retention({ keepDays, indexSize }: LogsValues): string {
  const rollover = { max_age: '1d', max_primary_shard_size: indexSize }
  const hot = { actions: { rollover } }
  // The age counts from the rollover of an index.
  const gone = { min_age: `${keepDays}d`, actions: { delete: {} } }
  return JSON.stringify({ policy: { phases: { hot, delete: gone } } }, undefined, 2)
}

function pod({ collector: { resources } }: LogsValues) {
  const hostFolder = (name: string, path: string) => ({ name, hostPath: { path, type: 'Directory' } })
  const folders = [hostFolder('containers', '/var/log/containers'), hostFolder('pods', '/var/log/pods')]
  return {
    serviceAccountName: NAME,
    automountServiceAccountToken: true,
    // The log files belong to root.
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
