import type { Chart } from 'cdk8s'
import { KubeNamespace } from 'cdk8s-plus-27/lib/imports/k8s.js'

export type PodSecurity = 'restricted' | 'baseline' | 'privileged'

/**
 * A namespace that enforces a Pod Security level. It warns of, and audits, every pod that is not `restricted`.
 *
 * @param level what the pods need. @default restricted
 */
export function namespace(chart: Chart, name: string, level: PodSecurity = 'restricted'): void {
  new KubeNamespace(chart, `namespace-${name}`, {
    metadata: {
      name,
      labels: {
        'app.kubernetes.io/part-of': 'chat-app',
        'pod-security.kubernetes.io/enforce': level,
        'pod-security.kubernetes.io/warn': 'restricted',
        'pod-security.kubernetes.io/audit': 'restricted',
      },
    },
  })
}
