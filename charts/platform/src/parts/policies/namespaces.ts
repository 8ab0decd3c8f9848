import type { Cluster } from '../../environment/cluster.ts'

/** The namespaces in which NetworkPolicies allow only the declared connections: those that the platform makes. */
export function closedNamespaces(cluster: Cluster): string[] {
  const { existingNamespaces = [] } = cluster.environment
  return platformNamespaces(cluster).filter((namespace) => !existingNamespaces.includes(namespace))
}

/** The namespaces of the platform, also those that somebody else made. */
export function platformNamespaces({ environment }: Cluster): string[] {
  const { chatApp, dataNamespace, storage, monitoring, logs, operator } = environment
  const all = [
    chatApp.namespace,
    dataNamespace,
    storage?.namespace,
    monitoring?.namespace,
    logs?.namespace,
    logs?.collector.namespace,
    operator.namespace,
  ]
  return [...new Set(all.filter((namespace) => namespace !== undefined))]
}
