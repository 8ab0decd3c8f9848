import { prod } from '@chat-app/environments'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createAuthority } from '@chat-app/sandbox-machine'
import { AmqpChannel, freePort, startRabbitMq, type RabbitMq } from '@chat-app/sandbox-servers'
import { eventually } from '@chat-app/testing'
import { activeCluster, applied } from '@chat-app/platform'
import { one, type Loose } from '@chat-app/chat/testing'
import { APPLICATION, ask, declare, declarePolicy } from './testing.ts'

const objects = applied(activeCluster(prod))
const MEMORY_BYTES = 1_717_986_918

/** The operator's configuration: 80 % of the memory limit, and a disk limit that the platform must override. */
const OPERATOR_CONFIG = ['disk_free_limit.absolute = 2GB', `total_memory_available_override_value = ${MEMORY_BYTES}`]

let rabbitmq: RabbitMq
let tls: Awaited<ReturnType<typeof tlsListener>>
beforeAll(async () => {
  tls = await tlsListener()
  const { additionalConfig } = one(objects, 'RabbitmqCluster', 'chat-app-rabbitmq').spec.rabbitmq
  rabbitmq = await startRabbitMq([...OPERATOR_CONFIG, ...tls.lines, additionalConfig].join('\n'))
  for (const object of objects as Loose[])
    if (object.apiVersion === 'rabbitmq.com/v1beta1') await declare(rabbitmq, object)
})
afterAll(async () => {
  await rabbitmq?.stop()
  await rm(tls.dir, { recursive: true, force: true })
})

/** The operator's TLS configuration, with a certificate that has the names and the key type of the platform's Certificate. */
async function tlsListener() {
  const { dnsNames } = one(objects, 'Certificate', 'chat-app-rabbitmq-tls').spec
  const authority = await createAuthority('platform-ca')
  const own = await authority.issue({ commonName: 'rabbitmq', dnsNames, usages: ['server', 'client'] })
  const dir = await mkdtemp(join(tmpdir(), 'chat-rabbitmq-tls-'))
  await writeFile(join(dir, 'tls.crt'), own.certificate)
  await writeFile(join(dir, 'tls.key'), own.key)
  const port = await freePort()
  const lines = [
    `ssl_options.certfile = ${join(dir, 'tls.crt')}`,
    `ssl_options.keyfile = ${join(dir, 'tls.key')}`,
    `listeners.ssl.default = 127.0.0.1:${port}`,
  ]
  return { dir, lines, port, ca: authority.certificate }
}

const channel = () => AmqpChannel.open({ host: rabbitmq.host, port: rabbitmq.port, ...APPLICATION })

describe('a real RabbitMQ with the objects of production', () => {
  test('routes a message to the queue whose name begins its routing key, and to no other', async () => {
    const open = await channel()
    for (const key of ['chat.staff.status', 'chat.staff.status.7']) await open.publish('chat.exchange', key, 'away')
    await eventually(async () => expect(await open.get('chat.staff.status')).toBe('away'))
    expect(await open.get('chat.staff.status')).toBe('away')
    for (const queue of ['chat.messages', 'chat.visitor.assignment', 'chat.system.notification'])
      expect(await open.get(queue)).toBeUndefined()
    await open.close()
  })

  test('lets the application only publish and consume', async () => {
    const attempts: [string, (open: AmqpChannel) => Promise<unknown>][] = [
      ["access to queue 'mine'", (open) => open.declareQueue('mine')],
      ["access to exchange 'chat.dead-letter'", (open) => open.publish('chat.dead-letter', 'x', 'x')],
      ["access to queue 'chat.dead-letter'", (open) => open.get('chat.dead-letter')],
    ]
    for (const [refusal, attempt] of attempts) {
      const open = await channel()
      await expect(attempt(open)).rejects.toThrow(`${refusal} in vhost '/chat' refused`)
      await open.close()
    }
    const elsewhere = { host: rabbitmq.host, port: rabbitmq.port, ...APPLICATION, vhost: '/' }
    await expect(AmqpChannel.open(elsewhere)).rejects.toThrow('got <ConnectionClose')
    // The error of the client lacks the reason.
    await eventually(() => expect(rabbitmq.logTail()).toContain("access to vhost '/' refused for user 'chat'"))
  })

  test('moves a message that no consumer can handle to the dead letters', async () => {
    const open = await channel()
    await open.publish('chat.exchange', 'chat.visitor.assignment', 'poison')
    await open.close()
    const again = { count: 1, ackmode: 'reject_requeue_true', encoding: 'auto' }
    await eventually(async () => {
      await ask(rabbitmq, 'POST', 'queues/%2Fchat/chat.visitor.assignment/get', again)
      const [message] = await ask(rabbitmq, 'POST', 'queues/%2Fchat/chat.dead-letter/get', {
        ...again,
        ackmode: 'ack_requeue_false',
      })
      expect(message).toMatchObject({ payload: 'poison', routing_key: 'chat.visitor.assignment' })
    })
  })

  test('rejects a message for a full queue with a nack to the publisher', async () => {
    const policy = one(objects, 'Policy', 'chat-queues').spec
    await declarePolicy(rabbitmq, policy, { ...policy.definition, 'max-length': 3 })
    const open = await channel()
    await eventually(async () =>
      expect(open.publish('chat.exchange', 'chat.system.notification', 'one more')).rejects.toThrow('message nacked'),
    )
    await open.close()
    await declarePolicy(rabbitmq, policy, policy.definition)
  })

  test('has the configured memory limit, disk limit and heartbeat', async () => {
    await eventually(async () => {
      const [node] = await ask(rabbitmq, 'GET', 'nodes')
      expect(node.mem_limit).toBe(Math.trunc(0.6 * MEMORY_BYTES))
      expect(node.disk_free_limit).toBe(2 * MEMORY_BYTES)
    })
    const open = await channel()
    await eventually(async () => expect(await ask(rabbitmq, 'GET', 'connections')).toMatchObject([{ timeout: 60 }]))
    await open.close()
  })

  test('has the documented queues, replicated, durable and with limits', async () => {
    const documented = ['chat.messages', 'chat.staff.status', 'chat.system.notification', 'chat.visitor.assignment']
    await eventually(async () => {
      const queues: Loose[] = await ask(rabbitmq, 'GET', 'queues/%2Fchat')
      expect(queues.map(({ name }) => name)).toEqual(['chat.dead-letter', ...documented])
      for (const queue of queues) {
        expect(queue).toMatchObject({ type: 'quorum', durable: true })
        expect(queue.effective_policy_definition['max-length']).toBeGreaterThan(0)
        expect(queue.effective_policy_definition['max-length-bytes']).toBeGreaterThan(0)
      }
    })
  })

  test('has a certificate for the host of its address, and clients must trust its CA', async () => {
    const servername = 'chat-app-rabbitmq.chat-app-db.svc'
    const open = async (ca?: string) => {
      const socket = connect({ host: '127.0.0.1', port: tls.port, servername, ...(ca !== undefined && { ca }) })
      await once(socket, 'secureConnect').finally(() => socket.destroy())
    }
    await open(tls.ca)
    await expect(open()).rejects.toThrow('unable to verify')
  })

  test('keeps a confirmed message through a kill', async () => {
    const open = await channel()
    await open.publish('chat.exchange', 'chat.messages.room.1', 'kept')
    await open.close()
    await rabbitmq.kill()
    await rabbitmq.start()
    const after = await channel()
    await eventually(async () => expect(await after.get('chat.messages')).toBe('kept'))
    await after.close()
  })
})
