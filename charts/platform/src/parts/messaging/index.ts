import type { Chart } from 'cdk8s'
import { certificate } from '../certificate.ts'
import type { Cluster } from '../../environment/cluster.ts'
import { rabbitmqCluster } from './cluster.ts'
import { topology } from './topology.ts'
import { ownMessaging, type MessagingValues } from '../../environment/messaging.ts'

/** RabbitMQ with the queues of the ChatApp. Nothing is made for an external one. */
export function messaging(chart: Chart, { environment }: Cluster): void {
  const { dataNamespace } = environment
  const values = ownMessaging(environment)
  if (values === undefined) return
  if (values.tls) tls(chart, dataNamespace, values)
  rabbitmqCluster(chart, dataNamespace, values)
  topology(chart, dataNamespace, values)
}

function tls(chart: Chart, namespace: string, { name }: MessagingValues): void {
  const [host, pods] = [`${name}.${namespace}.svc`, `*.${name}-nodes.${namespace}.svc`]
  const hosts = [host, pods].flatMap((name) => [name, `${name}.cluster.local`])
  certificate(chart, { name: `${name}-tls`, namespace }, hosts)
}
