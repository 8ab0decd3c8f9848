import type { Environment } from '../../environment/environment.ts'

/** The namespaces with targets of Prometheus, sorted. */
export function watchedNamespaces(environment: Environment): string[] {
  const { chatApp, operator, dataNamespace, storage, monitoring } = environment
  const namespaces = [chatApp.namespace, ...operator.watchNamespaces, operator.namespace, dataNamespace]
  const optional = [storage?.kind === 'tenant' ? storage : undefined, monitoring].flatMap(
    (part) => part?.namespace ?? [],
  )
  return [...new Set([...namespaces, ...optional])].toSorted()
}

/**
 * The namespaces whose pods, volumes and certificates have metrics in kube-state-metrics, the kubelets and
 * cert-manager, sorted: those of the platform, and that of cert-manager, which holds the root of the platform's
 * authority.
 */
export function reportedNamespaces(environment: Environment): string[] {
  const { storage, logs, certificates } = environment
  const optional = [storage, logs, logs?.collector, certificates].flatMap((part) => part?.namespace ?? [])
  return [...new Set([...watchedNamespaces(environment), ...optional])].toSorted()
}
