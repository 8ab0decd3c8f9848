import type { Chart } from 'cdk8s'
import { Manifest } from '@chat-app/chat/constructs'
import { platformLabels } from '../../objects/pod.ts'
import type { MessagingValues } from '../../environment/messaging.ts'
import {
  QUEUE_DELIVERIES,
  QUEUE_MESSAGES,
  QUEUE_BYTES,
  DEAD_LETTER_MS,
  DEAD_LETTER_MESSAGES,
  DEAD_LETTER_BYTES,
  RABBITMQ_CONNECTIONS,
  RABBITMQ_CHANNELS,
} from '../../limits.ts'

const VHOST = '/chat'
const EXCHANGE = 'chat.exchange'
const DEAD_LETTERS = 'chat.dead-letter'

/** Deleting the object keeps the queue with its messages. */
const KEPT = { durable: true, deletionPolicy: 'retain' }

const USER_LIMITS = { connections: RABBITMQ_CONNECTIONS, channels: RABBITMQ_CHANNELS }

/** The documented queues. A message goes to the queue whose name is its routing key, or the first words of it. */
const QUEUES = ['chat.messages', 'chat.staff.status', 'chat.visitor.assignment', 'chat.system.notification']

/**
 * The objects of the topology operator: the virtual host with its exchanges and queues, and the user of the ChatApp,
 * who may publish and consume but not declare.
 */
export function topology(chart: Chart, namespace: string, values: MessagingValues): void {
  const declare = (kind: string, name: string, spec: object): Manifest =>
    new Manifest(chart, `${kind}-${name}`, {
      apiVersion: 'rabbitmq.com/v1beta1',
      kind,
      metadata: { name, namespace, labels: platformLabels('rabbitmq') },
      spec: { ...spec, rabbitmqClusterReference: { name: values.name } },
    })

  declare('Vhost', 'chat', { name: VHOST, defaultQueueType: 'quorum', deletionPolicy: 'retain' })
  for (const exchange of [EXCHANGE, DEAD_LETTERS])
    declare('Exchange', objectName(exchange), { name: exchange, vhost: VHOST, type: 'topic', durable: true })
  for (const queue of [...QUEUES, DEAD_LETTERS]) {
    declare('Queue', objectName(queue), { name: queue, vhost: VHOST, type: 'quorum', ...KEPT })
    declare('Binding', objectName(queue), binding(queue))
  }
  for (const [name, policy] of Object.entries(POLICIES))
    declare('Policy', name, { name, vhost: VHOST, applyTo: 'queues', priority: 1, ...policy })

  declare('User', 'chat-app', { importCredentialsSecret: { name: values.credentialsSecret }, limits: USER_LIMITS })
  declare('Permission', 'chat-app', { vhost: VHOST, userReference: { name: 'chat-app' }, permissions: PERMISSIONS })
}

function binding(queue: string) {
  const [source, routingKey] = queue === DEAD_LETTERS ? [DEAD_LETTERS, '#'] : [EXCHANGE, `${queue}.#`]
  return { vhost: VHOST, source, destination: queue, destinationType: 'queue', routingKey }
}

/** The limits of the queues. They are policies, because the arguments of a queue cannot change. */
const POLICIES = {
  'chat-queues': {
    pattern: alternatives(QUEUES),
    definition: {
      // After so many deliveries without success, a message goes to the dead letters.
      'delivery-limit': QUEUE_DELIVERIES,
      'dead-letter-exchange': DEAD_LETTERS,
      'dead-letter-strategy': 'at-least-once',
      'max-length': QUEUE_MESSAGES,
      'max-length-bytes': QUEUE_BYTES,
      // A full queue rejects a message, and the publisher gets a nack.
      overflow: 'reject-publish',
    },
  },
  'chat-dead-letters': {
    pattern: alternatives([DEAD_LETTERS]),
    definition: {
      'message-ttl': DEAD_LETTER_MS,
      'max-length': DEAD_LETTER_MESSAGES,
      'max-length-bytes': DEAD_LETTER_BYTES,
      overflow: 'drop-head',
    },
  },
}

const PERMISSIONS = { configure: '^$', write: alternatives([EXCHANGE]), read: alternatives(QUEUES) }

function alternatives(names: readonly string[]): string {
  return `^(${names.map((name) => name.replaceAll('.', String.raw`\.`)).join('|')})$`
}

function objectName(name: string): string {
  return name.replaceAll('.', '-')
}
