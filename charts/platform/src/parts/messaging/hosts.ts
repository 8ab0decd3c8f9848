import type { ExternalMessagingValues, MessagingValues } from '../../environment/messaging.ts'
import { AMQPS_PORT, AMQP_PORT } from '../../objects/ports.ts'

/** The parts of a URL of RabbitMQ without the user: `SCHEME://USER:PASSWORD@HOST`. */
export interface MessagingAddress {
  readonly scheme: string
  /** `HOST:PORT/VHOST`, with the virtual host percent-encoded. */
  readonly host: string
}

/** The address of the virtual host of the ChatApp. */
export function messagingAddress(
  values: MessagingValues | ExternalMessagingValues,
  namespace: string,
): MessagingAddress {
  if (values.kind === 'external') {
    const { host, port = AMQPS_PORT, virtualHost = '/chat' } = values
    return { scheme: 'amqps', host: `${host}:${port}/${encodeURIComponent(virtualHost)}` }
  }
  const { name, tls } = values
  const [scheme, port] = tls ? ['amqps', AMQPS_PORT] : ['amqp', AMQP_PORT]
  return { scheme, host: `${name}.${namespace}.svc:${port}/%2Fchat` }
}
