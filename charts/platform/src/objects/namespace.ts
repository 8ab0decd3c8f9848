import type { Chart } from 'cdk8s'
import { KubeNamespace } from 'cdk8s-plus-27/lib/imports/k8s.js'

export type PodSecurity = 'restricted' | 'baseline' | 'privileged'

/**
 * A namespace that admits only pods of a Pod Security level. Where the operators of others make pods that need
 * `baseline`, what is not `restricted` is still warned of.
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
