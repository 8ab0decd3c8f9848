import { expect } from 'vitest'
import type { RabbitMq } from '@chat-app/sandbox-servers'
import type { Loose } from '@chat-app/chat/testing'

/** The user of the ChatApp in a test. */
export const APPLICATION = { user: 'chat', password: 'of-the-chat', vhost: '/chat' }

/**
 * Sends a request to the HTTP API of RabbitMQ.
 *
 * @returns the parsed response, or undefined without a body
 * @throws Error on an error status, or after 20 s
 */
export async function ask(rabbitmq: RabbitMq, verb: string, path: string, body?: object): Promise<Loose> {
  const { api, user, password } = rabbitmq
  const response = await fetch(`${api}/${path}`, {
    method: verb,
    headers: { authorization: `Basic ${btoa(`${user}:${password}`)}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(20_000),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${verb} ${path}: HTTP ${response.status} ${text}`)
  return text === '' ? undefined : JSON.parse(text)
}

const url = encodeURIComponent

/** Declares an object over the HTTP API, as the topology operator does. */
export async function declare(rabbitmq: RabbitMq, { kind, spec }: Loose): Promise<void> {
  const { name, vhost, durable } = spec
  const at = `${url(vhost ?? '')}/${url(name ?? '')}`
  switch (kind) {
    case 'Vhost':
      return ask(rabbitmq, 'PUT', `vhosts/${url(name)}`, { default_queue_type: spec.defaultQueueType })
    case 'Exchange':
      return ask(rabbitmq, 'PUT', `exchanges/${at}`, { type: spec.type, durable })
    case 'Queue':
      return ask(rabbitmq, 'PUT', `queues/${at}`, { durable, arguments: { 'x-queue-type': spec.type } })
    case 'Binding':
      return ask(rabbitmq, 'POST', `bindings/${url(vhost)}/e/${spec.source}/q/${spec.destination}`, {
        routing_key: spec.routingKey,
      })
    case 'Policy':
      return declarePolicy(rabbitmq, spec, spec.definition)
    case 'User':
      await ask(rabbitmq, 'PUT', `users/${APPLICATION.user}`, { password: APPLICATION.password, tags: '' })
      return ask(rabbitmq, 'PUT', `user-limits/${APPLICATION.user}/max-connections`, { value: spec.limits.connections })
    case 'Permission':
      return ask(rabbitmq, 'PUT', `permissions/${url(vhost)}/${APPLICATION.user}`, spec.permissions)
    default:
      expect(kind).toBe('RabbitmqCluster')
  }
}

/** Declares a policy with this definition instead of its own. */
export function declarePolicy(
  rabbitmq: RabbitMq,
  { vhost, name, pattern, priority, applyTo }: Loose,
  definition: object,
): Promise<void> {
  return ask(rabbitmq, 'PUT', `policies/${url(vhost)}/${name}`, { pattern, priority, definition, 'apply-to': applyTo })
}
