import type { Chart } from 'cdk8s'
import { Manifest, restrictedPodWithVolumesOf } from '@chat-app/chat/constructs'
import { platformLabels } from '../../objects/pod.ts'
import { disruptionBudget } from '../../objects/disruption-budget.ts'
import { claimSpec } from '../../objects/volume-claim.ts'
import type { LogsValues } from '../../environment/logs.ts'

/** The user of Elastic's images. */
const USER = 1000

const securityContext = restrictedPodWithVolumesOf(USER)

export function elasticsearch(chart: Chart, { name, namespace, version, elasticsearch }: LogsValues): void {
  const { nodes, resources, storage, storageClassName } = elasticsearch
  new Manifest(chart, 'elasticsearch', {
    apiVersion: 'elasticsearch.k8s.elastic.co/v1',
    kind: 'Elasticsearch',
    metadata: { name, namespace, labels: platformLabels('elasticsearch') },
    spec: {
      version,
      ...(elasticsearch.image !== undefined && { image: elasticsearch.image }),
      // Keeps the volumes when the resource is deleted by mistake.
      volumeClaimDeletePolicy: 'DeleteOnScaledownOnly',
      nodeSets: [
        {
          name: 'default',
          count: nodes,
          // mmap needs a sysctl of the node, which only a privileged pod could set.
          config: { 'node.store.allow_mmap': false },
          podTemplate: {
            spec: {
              automountServiceAccountToken: false,
              securityContext,
              containers: [{ name: 'elasticsearch', resources }],
            },
          },
          volumeClaimTemplates: [
            {
              metadata: { name: 'elasticsearch-data' },
              spec: claimSpec(storage, storageClassName),
            },
          ],
        },
      ],
    },
  })
}

export function kibana(chart: Chart, { name, namespace, version, kibana }: LogsValues): void {
  const { replicas, resources } = kibana
  new Manifest(chart, 'kibana', {
    apiVersion: 'kibana.k8s.elastic.co/v1',
    kind: 'Kibana',
    metadata: { name, namespace, labels: platformLabels('kibana') },
    spec: {
      version,
      ...(kibana.image !== undefined && { image: kibana.image }),
      count: replicas,
      elasticsearchRef: { name },
      podTemplate: {
        spec: { automountServiceAccountToken: false, securityContext, containers: [{ name: 'kibana', resources }] },
      },
    },
  })
  // ECK makes one for Elasticsearch alone.
  const labels = { 'kibana.k8s.elastic.co/name': name }
  if (replicas > 1) disruptionBudget(chart, { name: `${name}-kb`, namespace, labels })
}
