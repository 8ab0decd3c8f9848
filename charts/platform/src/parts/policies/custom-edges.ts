import type { Cluster } from '../../environment/cluster.ts'
import type { ConnectionEnd } from '../../environment/custom.ts'
import { addresses, edge, pods, type Edge, type End } from './edge.ts'
import { podsIn } from './ends.ts'
import { platformNamespaces } from './namespaces.ts'

/** The connections that the values add. */
export function customEdges(cluster: Cluster): Edge[] {
  const { connections = [] } = cluster.environment
  const own = platformNamespaces(cluster)
  return connections.map(({ from, to, ports, why }, index) =>
    edge(end(from, own, `custom-${index}-from`), end(to, own, `custom-${index}-to`), ports, why),
  )
}

/** @param name of the NetworkPolicy, when the end is pods of the platform */
function end(values: ConnectionEnd, own: readonly string[], name: string): End {
  if ('ranges' in values) return addresses(values.ranges.join(', '), values.ranges)
  const { namespace, labels = {} } = values
  return own.includes(namespace) ? pods(name, namespace, labels) : podsIn(namespace, labels)
}
