import { CHAT_APPS } from '@chat-app/chat/resources'
import { sharedNode } from '@chat-app/sandbox-cluster/testing'
import { eventually } from '@chat-app/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { NAMESPACE, PROVEN, ROLLOUT_MS, TestChatApp } from './support/chat-app.ts'
import { Conversation, expectNothingLost } from './support/conversation.ts'

// Two probe users prove each release. One that loses, repeats or delays messages goes back before a client reaches it.

const run = sharedNode()
const chatApp = new TestChatApp(run, 'proof')
const CLIENTS = 200
const OTHERS = 20
const MESSAGE_EVERY_MS = 250

/**
 * Runs before the program of the WebSocket service, and changes the events that it writes to its clients. One write has
 * the frames of a turn of the event loop. Without `stream_wrap` the program writes to its sockets, and not below them.
 */
const FAULTS = `
import { Socket } from 'node:net'
const fault = process.env.PLANTED_FAULT
const { binding } = process
process.binding = (name) => {
  if (name === 'stream_wrap') throw new Error('planted')
  return binding.call(process, name)
}
const write = Socket.prototype.write
let events = 0
let held
let isLeaving = false
process.once('SIGTERM', () => (isLeaving = true))
Socket.prototype.write = function (chunk, ...rest) {
  if (!Buffer.isBuffer(chunk) || chunk[0] !== 0x81 || !chunk.includes('{"type":"event"')) return write.call(this, chunk, ...rest)
  for (const frame of framesOf(chunk)) pass(this, frame)
  return true
}
function pass(socket, frame) {
  if (!frame.includes('{"type":"event"')) return write.call(socket, frame)
  events += 1
  if (fault === 'lose' && events % 1000 === 0) return
  if (fault === 'lose at the end' && isLeaving && events % 10 === 0) return
  if (fault === 'repeat' && events % 1000 === 0) write.call(socket, frame)
  if (fault === 'stall' && events === 1000) {
    held = []
    setTimeout(release, 5000)
  }
  if (held) held.push([socket, frame])
  else write.call(socket, frame)
}
function release() {
  const all = held
  held = undefined
  for (const [socket, frame] of all) write.call(socket, frame)
}
function framesOf(chunk) {
  const frames = []
  for (let at = 0; at < chunk.length; at += frames.at(-1).length) {
    const short = chunk[at + 1] & 127
    const length = short < 126 ? 2 + short : short === 126 ? 4 + chunk.readUInt16BE(at + 2) : 10 + Number(chunk.readBigUInt64BE(at + 2))
    frames.push(chunk.subarray(at, at + length))
  }
  return frames
}
`

let talk: Conversation

beforeAll(async () => {
  const server = await chatApp.server()
  const metadata = { name: 'planted-faults', namespace: NAMESPACE }
  await server.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { 'faults.mjs': FAULTS } })
  await chatApp.apply(PROVEN)
  await chatApp.ready()
  const users = await chatApp.users(CLIENTS)
  talk = new Conversation(users, await chatApp.room(users), { everyMs: MESSAGE_EVERY_MS })
})

afterAll(() => chatApp.delete())

/** A release whose WebSocket service has a fault; without one it is sound. */
function release(name: string, fault?: string) {
  const metadata = { annotations: { release: name } }
  const env = [
    { name: 'PLANTED_FAULT', value: fault },
    { name: 'NODE_OPTIONS', value: '--import=/planted/faults.mjs' },
  ]
  const spec = {
    volumes: [{ name: 'planted', configMap: { name: 'planted-faults' } }],
    containers: [{ name: 'websocket', env, volumeMounts: [{ name: 'planted', mountPath: '/planted' }] }],
  }
  return { websocket: { podTemplate: { metadata, spec: fault === undefined ? null : spec } } }
}

async function lastRollout(): Promise<Record<string, unknown>> {
  const server = await chatApp.server()
  const { status } = await server.get<{ status: { lastRollout?: Record<string, unknown> } }>(
    CHAT_APPS,
    NAMESPACE,
    chatApp.name,
  )
  return status.lastRollout ?? {}
}

async function podNames(): Promise<string[]> {
  return [...(await chatApp.pods('api')), ...(await chatApp.pods('websocket'))].map(({ metadata }) => metadata.name)
}

test.each([
  ['loses one event in 1,000', 'lose', /was lost/],
  ['delivers one event in 1,000 twice', 'repeat', /delivered twice/],
  ['stands still for 5 s', 'stall', /waited for its delivery/],
])('a release that %s goes back before a client reaches it', async (_what, fault, words) => {
  const before = await podNames()
  await chatApp.patch({ ...release(fault, fault), rollout: { budget: { maxGapSeconds: 3 } } })
  await eventually(
    async () => {
      const { status, reason, message } = await chatApp.condition('Ready')
      expect({ status, reason }).toEqual({ status: 'False', reason: 'RolledBack' })
      expect(message).toMatch(words)
    },
    { timeoutMs: ROLLOUT_MS },
  )
  expect(await lastRollout()).toMatchObject({ proof: 'Failed', message: expect.stringMatching(words) as string })
  expect((await podNames()).toSorted()).toEqual(before.toSorted())
  expect(talk.reconnects).toBe(0)
})

test('a sound release is proved while it replaces the pods, and each client reconnects once', async () => {
  // On a slow machine a message may wait longer.
  await chatApp.patch({ ...release('sound', 'lose at the end'), ...PROVEN })
  await chatApp.ready()
  expect(await lastRollout()).toMatchObject({ proof: 'Passed', lost: 0, duplicated: 0, reordered: 0 })
  expect((await lastRollout())['sent']).toBeGreaterThanOrEqual(5000)
  // It was over when the last former pod had left.
  await talk.continues()
  expect(talk.reconnects).toBe(CLIENTS)
  await expectNothingLost(talk)
})

test('a release is not blamed for what the pods lose that leave for it', async () => {
  // A pod closes its oldest connection first, so that the users of the proof see how it leaves.
  const others = await chatApp.users(OTHERS)
  const left = await chatApp.pods('websocket')
  const words: string[] = []
  await chatApp.patch(release('next'))
  await eventually(
    async () => {
      const { status, message } = await chatApp.condition('Ready')
      words.push(message)
      expect(status).toBe('True')
    },
    { timeoutMs: ROLLOUT_MS },
  )
  expect(words.join('\n')).toMatch(
    new RegExp(`messages? (was|were) lost: .*; (${left.map(({ metadata }) => metadata.name).join('|')}) took part`),
  )
  expect(await lastRollout()).toMatchObject({ version: '0.1.0', proof: 'Passed' })
  const pods = await chatApp.pods('websocket')
  expect(pods.map(({ metadata }) => metadata.annotations?.['release'])).toEqual(['next', 'next'])
  await Promise.all(others.map((user) => user.close()))
})
