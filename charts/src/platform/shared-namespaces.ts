import type { Environment } from './values.ts'

/** Fields of an environment that name a namespace which a part before them has. */
export function sharedNamespaces({
  chatApp,
  operator,
  dataNamespace,
  storage,
  monitoring,
  logs,
}: Pick<Environment, 'chatApp' | 'operator' | 'dataNamespace' | 'storage' | 'monitoring' | 'logs'>) {
  const named = [
    { path: ['chatApp', 'namespace'], namespace: chatApp.namespace },
    { path: ['operator', 'namespace'], namespace: operator.namespace },
    { path: ['dataNamespace'], namespace: dataNamespace },
    { path: ['storage', 'namespace'], namespace: storage?.kind === 'tenant' ? storage.namespace : undefined },
    { path: ['monitoring', 'namespace'], namespace: monitoring?.namespace },
    { path: ['logs', 'namespace'], namespace: logs?.namespace },
    { path: ['logs', 'collector', 'namespace'], namespace: logs?.collector.namespace },
  ]
  const names = named.map(({ namespace }) => namespace)
  return named.filter(({ namespace }, index) => namespace !== undefined && names.indexOf(namespace) !== index)
}
