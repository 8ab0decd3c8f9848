import type { Chart } from 'cdk8s'
import type { MessagingValues } from '../../../environment/messaging.ts'
import { podMonitor } from './monitor.ts'

/** RabbitMQ. With TLS the monitor stands beside it, where the Secret with its authority is. */
export function messagingMonitor(chart: Chart, home: string, namespace: string, { name, tls }: MessagingValues): void {
  const selector = { matchLabels: { 'app.kubernetes.io/name': name, 'app.kubernetes.io/component': 'rabbitmq' } }
  if (!tls) return podMonitor(chart, { name, home, namespace, selector, endpoint: { port: 'prometheus' } })
  podMonitor(chart, {
    name,
    home: namespace,
    namespace,
    selector,
    endpoint: {
      port: 'prometheus-tls',
      scheme: 'https',
      // Pods are asked by their address, which stands in no certificate.
      tlsConfig: { serverName: `${name}.${namespace}.svc`, ca: { secret: { name: `${name}-tls`, key: 'ca.crt' } } },
    },
  })
}
