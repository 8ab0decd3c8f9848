import type { Environment } from '../values.ts'

/** Every namespace of the platform, the monitoring's own included: what Prometheus may look into. */
export function watchedNamespaces(environment: Environment): string[] {
  const { chatApp, operator, dataNamespace, storage, logs, monitoring } = environment
  const namespaces = [chatApp.namespace, ...operator.watchNamespaces, operator.namespace, dataNamespace]
  const optional = [storage, logs, monitoring].flatMap((part) => part?.namespace ?? [])
  return [...new Set([...namespaces, ...optional])].toSorted()
}
