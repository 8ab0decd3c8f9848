import type { Environment } from '../../environment/environment.ts'

/** Where something has metrics of its own: what Prometheus may look into. */
export function watchedNamespaces(environment: Environment): string[] {
  const { chatApp, operator, dataNamespace, storage, monitoring } = environment
  const namespaces = [chatApp.namespace, ...operator.watchNamespaces, operator.namespace, dataNamespace]
  const optional = [storage?.kind === 'tenant' ? storage : undefined, monitoring].flatMap(
    (part) => part?.namespace ?? [],
  )
  return [...new Set([...namespaces, ...optional])].toSorted()
}

/**
 * Those whose pods, volumes and certificates are told of by the Kubernetes cluster and by cert-manager: all of the platform, and
 * that of cert-manager, where the root of the platform's own authority stands.
 */
export function reportedNamespaces(environment: Environment): string[] {
  const { storage, logs, certificates } = environment
  const optional = [storage, logs, logs?.collector, certificates].flatMap((part) => part?.namespace ?? [])
  return [...new Set([...watchedNamespaces(environment), ...optional])].toSorted()
}
