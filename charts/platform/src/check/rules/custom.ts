import type { ConnectionEnd } from '../../environment/custom.ts'
import type { Environment } from '../../environment/environment.ts'
import { namespaces, PARTS } from './namespaces.ts'
import type { Rule } from './rule.ts'

export const customRules: readonly Rule[] = [
  {
    of: ['existingNamespaces', ...PARTS],
    faults: (environment) => {
      const own = ownNamespaces(environment)
      return (environment.existingNamespaces ?? []).flatMap((namespace, index) =>
        own.includes(namespace)
          ? []
          : [{ path: ['existingNamespaces', index], message: `must be a namespace of a part: ${own.join(', ')}` }],
      )
    },
  },
  {
    of: ['connections', 'existingNamespaces', ...PARTS],
    faults: (environment) => {
      const { connections = [], existingNamespaces = [] } = environment
      const closed = ownNamespaces(environment).filter((namespace) => !existingNamespaces.includes(namespace))
      const isClosed = (end: ConnectionEnd) => 'namespace' in end && closed.includes(end.namespace)
      return connections.flatMap(({ from, to }, index) =>
        isClosed(from) || isClosed(to)
          ? []
          : [
              {
                path: ['connections', index],
                message: `must have an end in a namespace whose NetworkPolicies the platform makes: ${closed.join(', ')}`,
              },
            ],
      )
    },
  },
]

/** Without that of cert-manager, which the platform does not make. */
function ownNamespaces(environment: Environment): string[] {
  const all = namespaces(environment).filter(({ path }) => path[0] !== 'certificates')
  return [...new Set(all.flatMap(({ value }) => value ?? []))]
}
