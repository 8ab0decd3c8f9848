import type { Environment } from '../values.ts'

/** Every namespace of the platform, the monitoring's own included: what Prometheus may look into. */
export function watchedNamespaces(environment: Environment): string[] {
  const { chatApp, operator, dataNamespace, storage, logs, monitoring } = environment
  const namespaces = [chatApp.namespace, ...operator.watchNamespaces, operator.namespace, dataNamespace]
  const optional = [storage, logs, monitoring].flatMap((part) => part?.namespace ?? [])
  return [...new Set([...namespaces, ...optional])].toSorted()
}

/**
 * Those whose pods, volumes and certificates are told of by the Kubernetes cluster and by cert-manager: the collector of
 * the logs has nothing to ask, and beside cert-manager stands the root of the platform's own authority.
 */
export function reportedNamespaces(environment: Environment): string[] {
  const { logs, certificates } = environment
  const optional = [logs?.collector, certificates].flatMap((part) => part?.namespace ?? [])
  return [...new Set([...watchedNamespaces(environment), ...optional])].toSorted()
}
