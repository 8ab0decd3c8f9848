import type { Environment } from '../values.ts'

/** Every namespace of the platform, the monitoring's own included: what Prometheus may look into. */
export function watchedNamespaces({ chatApp, operator, dataNamespace, storage, monitoring }: Environment): string[] {
  const namespaces = [chatApp.namespace, ...operator.watchNamespaces, operator.namespace, dataNamespace]
  const optional = [storage?.namespace, monitoring?.namespace].filter((namespace) => namespace !== undefined)
  return [...new Set([...namespaces, ...optional])].toSorted()
}
