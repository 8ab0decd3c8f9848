import { readList } from '../../cluster/read.ts'
import type { Cluster } from '../../cluster/cluster.ts'
import type { KubeObject } from '../../cluster/objects.ts'

/** An operator that is installed. */
export interface InstalledOperator {
  readonly name: string
  readonly namespace: string
  readonly account: string
  readonly version: string
  readonly ready: number
  readonly watches: readonly string[]
}

/** The operators that can be seen, and why there may be others. */
export interface OperatorFound {
  readonly operators: readonly InstalledOperator[]
  readonly unread?: string
}

const SELECTOR = ['--selector', 'app.kubernetes.io/name=chat-app-operator']
/** Where docs/install.md installs it. */
const USUAL_NAMESPACE = 'chat-app-system'

/** The operators of the cluster; of the usual namespace alone where no other may be read. */
export async function findOperators(cluster: Cluster): Promise<OperatorFound> {
  const everywhere = await readList<OperatorDeployment>(cluster, ['deployments.apps', '--all-namespaces', ...SELECTOR])
  if (everywhere.is === 'read') return { operators: everywhere.value.map(operatorOf) }
  const usual = await readList<OperatorDeployment>(cluster, [
    'deployments.apps',
    '--namespace',
    USUAL_NAMESPACE,
    ...SELECTOR,
  ])
  const operators = usual.is === 'read' ? usual.value.map(operatorOf) : []
  return { operators, unread: everywhere.reason }
}

interface OperatorDeployment extends KubeObject {
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly serviceAccountName?: string
        readonly containers: readonly { readonly env?: readonly { readonly name: string; readonly value?: string }[] }[]
      }
    }
  }
  readonly status?: { readonly readyReplicas?: number }
}

function operatorOf({ metadata, spec, status }: OperatorDeployment): InstalledOperator {
  const { serviceAccountName = 'default', containers } = spec.template.spec
  const variables = containers.flatMap(({ env = [] }) => env)
  const watched = variables.find(({ name }) => name === 'WATCH_NAMESPACES')?.value ?? ''
  return {
    name: metadata.name,
    namespace: metadata.namespace,
    account: serviceAccountName,
    version: metadata.labels?.['app.kubernetes.io/version'] ?? '',
    ready: status?.readyReplicas ?? 0,
    watches: watched.split(',').map((name) => name.trim()),
  }
}
