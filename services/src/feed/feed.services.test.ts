import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { startRedis } from '@chat-app/sandbox-servers'
import { eventually, must, uniqueName } from '@chat-app/testing'
import { openStore, type Store } from '../../test/store.ts'
import { Bus } from '../fanout/bus.ts'
import { Kinds } from '../kinds/kinds.ts'
import { FollowedRooms } from '../room/followed-rooms.ts'
import { Messages } from '../room/messages.ts'
import { Database, type Row } from '../store/database.ts'
import type { RoomKey } from '../store/rooms.ts'
import { RoomStates } from '../store/room-states.ts'
import { Writer } from '../store/writer.ts'
import type { FeedServices } from './feed-services.ts'
import { Feed } from './feed.ts'

let store: Store
beforeAll(async () => {
  store = await openStore()
})
afterAll(() => store[Symbol.asyncDispose]())

test('a message to 5,000 members, 500 of them connected, costs the statements of one that nobody hears, and 1 publish', async () => {
  const redis = await startRedis()
  onTestFinished(() => redis.stop())
  await store.database.execute(`INSERT INTO users (name, password_hash, created_at) VALUES ('owner', 'x', 1)`)
  const key = await store.room()
  const members = Array.from({ length: 5000 }, (_, i) => `${uniqueName('m')}${i}`)
  await store.database.execute('INSERT INTO memberships (room, member, joined_at) VALUES ?', [
    members.map((member) => [key.id, member, 1]),
  ])
  const database = new Database({ url: store.mariaDb.url, maxConnections: 5 })
  const [from, to] = [new Bus({ url: redis.url }), new Bus({ url: redis.url })]
  onTestFinished(async () => {
    from.close()
    to.close()
    await database.close()
  })
  const followed = new FollowedRooms({
    bus: to,
    maxBytes: Infinity,
    onOwnMessage: () => undefined,
    membersOf: (users) => new RoomStates(store.database).membersOf(users),
    onError: (error) => expect.fail(String(error)),
  })
  const presence = { connected: () => undefined, disconnected: () => undefined, watch: () => undefined }
  const services = { features: { isOn: true }, followed, presence } as unknown as FeedServices
  const [state] = (await new RoomStates(store.database).heads([key.slug])).values()
  const told = members.slice(0, 500).map((user) => {
    const seqs: number[] = []
    const outlet = {
      isOpen: true,
      isSlow: false,
      drained: () => Promise.resolve(),
      atMost: (bytes: number) => bytes,
      send: (frame: object) => seqs.push(...(frame as { rooms: { seq: number }[] }).rooms.map(({ seq }) => seq)),
    }
    const follow = must(new Feed({ user, userId: 1 }, outlet, services).follow(key), 'a follow')
    followed.learn([must(state, 'a state')])
    follow.readNo = 0
    return seqs
  })
  const kinds = new Kinds()
  const writer = new Writer(database, { context: () => ({ rules: kinds, hashKey: Buffer.alloc(32) }) })
  const messages = new Messages({ writer, bus: from })
  const message = (clientId: string) =>
    messages.append(key, { kind: 'message', sender: 'owner', clientId, body: 'hello' })
  await eventually(() => expect([from.trouble, to.trouble]).toEqual([undefined, undefined]))
  let seq = 0
  await eventually(async () => {
    ;({ seq } = await message(uniqueName('warm')))
    expect(told.every((seqs) => seqs.length > 0)).toBe(true)
  })
  await eventually(() => expect(told.every((seqs) => seqs.at(-1) === seq)).toBe(true))

  const alone = await store.room()
  const send = async (room: RoomKey) => {
    const before = { statements: await questions(), publishes: await publishes() }
    await messages.append(room, { kind: 'message', sender: 'owner', clientId: uniqueName('m'), body: 'hello' })
    const heard = room === key ? told : []
    await eventually(() => expect(heard.every((seqs) => seqs.at(-1) === seq + 1)).toBe(true))
    // Each question is a statement, too.
    return {
      statements: (await questions()) - before.statements - 1,
      publishes: (await publishes()) - before.publishes,
    }
  }
  const unheard = await send(alone)
  expect(unheard.publishes).toBe(1)
  expect(await send(key)).toEqual(unheard)

  async function questions(): Promise<number> {
    const [row] = await store.database.query<Row & { Value: string }>(`SHOW GLOBAL STATUS LIKE 'Questions'`)
    return Number(row?.Value)
  }
  async function publishes(): Promise<number> {
    const stats = await redis.command('INFO', 'commandstats')
    return Number(/cmdstat_publish:calls=(\d+)/.exec(stats)?.[1] ?? 0)
  }
})
