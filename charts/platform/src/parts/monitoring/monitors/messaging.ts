import type { Chart } from 'cdk8s'
import type { MessagingValues } from '../../../environment/messaging.ts'
import { podMonitor } from './monitor.ts'

/** The monitor of RabbitMQ. With TLS it is in the namespace of RabbitMQ, which has the Secret with the authority. */
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
      // Prometheus connects to the IP address of a pod, which the certificate does not cover.
      tlsConfig: { serverName: `${name}.${namespace}.svc`, ca: { secret: { name: `${name}-tls`, key: 'ca.crt' } } },
    },
  })
}
