import type { KubernetesObject } from './types.ts'

export interface OperatorValues {
  readonly namespace: string
  readonly image: string
  /** Namespaces whose ChatApps it looks after. */
  readonly watchNamespaces: readonly string[]
  /** Namespaces in which it may read the database and Redis clusters that a ChatApp waits for. */
  readonly clusterNamespaces?: readonly string[]
  readonly replicas: number
  readonly version: string
  readonly resources: {
    readonly requests: { readonly cpu: string; readonly memory: string }
    readonly limits: { readonly cpu: string; readonly memory: string }
  }
}

export function operatorInstall(_values: OperatorValues): KubernetesObject[] {
  throw new Error('operatorInstall is not rendered yet')
}
