import type { MessagingValues } from '../../environment/messaging.ts'

/** The two ends of a URL of RabbitMQ: `SCHEME://USER:PASSWORD@HOST`. */
export interface MessagingAddress {
  readonly scheme: string
  /** With the virtual host. */
  readonly host: string
}

/** Where clients in the cluster find the virtual host of the ChatApp. */
export function messagingAddress({ name, tls }: MessagingValues, namespace: string): MessagingAddress {
  const [scheme, port] = tls ? ['amqps', 5671] : ['amqp', 5672]
  return { scheme, host: `${name}.${namespace}.svc:${port}/%2Fchat` }
}
