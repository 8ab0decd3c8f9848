import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { uniqueName } from '@chat-app/testing'
import { addEvents } from '../../test/event-rows.ts'
import { openStore, type Store } from '../../test/store.ts'
import { Policy } from '../policy/policy.ts'
import { eventFrame } from '../protocol/server-frames.ts'
import { RoomFrame } from './room-frame.ts'
import { Database, type Row } from '../store/database.ts'
import { RoomStates, type RoomState } from '../store/room-states.ts'
import type { RoomKey } from '../store/rooms.ts'
import { MAX_SYNC_BYTES } from '../support/limits.ts'
import type { LiveRoom } from './live-room.ts'
import { readRooms, type AskedRoom, type SyncSources } from './sync-rooms.ts'

let store: Store
/** Reads for `sync`, and counts its statements. */
let states: RoomStates
let statements: string[] = []

beforeAll(async () => {
  store = await openStore()
  const database = new Database({ url: store.mariaDb.url, maxConnections: 5 })
  const query = database.query.bind<Database['query']>(database)
  database.query = (sql, values) => (statements.push(sql), query(sql, values))
  states = new RoomStates(database)
})
afterAll(() => store[Symbol.asyncDispose]())

interface Options {
  readonly followed?: ReadonlyMap<string, RoomState>
  readonly live?: ReadonlyMap<number, Pick<LiveRoom, 'epoch' | 'head' | 'recent'>>
  readonly user?: string
  readonly maxBytes?: number
}

async function sync(asked: readonly AskedRoom[], options: Options = {}) {
  statements = []
  const { followed = new Map(), live = new Map(), user = 'alice', maxBytes = MAX_SYNC_BYTES } = options
  const sources = {
    policy: new Policy(),
    states,
    followed: { bySlug: (slug: string) => followed.has(slug) && { state: followed.get(slug) } },
    hub: { opened: (id: number) => live.get(id) },
  } as unknown as SyncSources
  return readRooms(sources, asked, { user: { user, userId: 1, role: 'user', kind: 'user' }, maxBytes })
}

/** A room with `count` messages, whose member is alice. */
async function room(count: number, { body = 'hello', readNo = 0 } = {}): Promise<RoomKey & { epoch: number }> {
  const key = await store.room()
  const values = Array.from({ length: count }, (_, i) => [
    key.id,
    i + 1,
    'message',
    'bob',
    `c${i}`,
    body,
    1,
    i + 1,
    i + 1,
  ])
  if (count > 0) {
    await store.database.execute(
      `INSERT INTO room_events (room, seq, kind, sender, client_id, body, created_at, message_no, changed_seq) VALUES ?`,
      [values],
    )
  }
  await store.database.execute('UPDATE rooms SET last_seq = ?, last_message_no = ? WHERE id = ?', [
    count,
    count,
    key.id,
  ])
  await store.rooms.enrol(key, 'alice')
  await store.database.execute('UPDATE memberships SET read_no = ?, read_seq = ? WHERE room = ? AND member = ?', [
    readNo,
    readNo,
    key.id,
    'alice',
  ])
  const { epoch } = await store.rooms.head(key)
  return { ...key, epoch }
}

const ask = ({ slug, epoch }: { slug: string; epoch: number }, seq?: number): AskedRoom => ({
  room: slug,
  ...(seq !== undefined && { after: { epoch, seq } }),
})

describe('sync', () => {
  test('reads 200 rooms that it does not know with three statements, and no more for their events', async () => {
    const rooms = await Promise.all(Array.from({ length: 200 }, (_, i) => room((i % 5) + 1)))
    const found = await sync(rooms.map((key) => ask(key, 1)))

    expect(statements).toHaveLength(3)
    expect(found.map(({ state }) => state?.lastSeq)).toEqual(rooms.map((_, i) => (i % 5) + 1))
    const seqs = found.map(({ missed }) => missed.events?.map(({ seq }) => seq) ?? [])
    expect(seqs).toEqual(rooms.map((_, i) => Array.from({ length: i % 5 }, (_, at) => at + 2)))
  })

  test('asks for memberships alone where heads and events are in memory', async () => {
    const key = await room(3)
    const state = (await states.heads([key.slug])).get(key.slug)!
    const frames = [2, 3].map((seq) =>
      eventFrame(key.slug, key.epoch, {
        seq,
        kind: 'message',
        sender: 'bob',
        clientId: `c${seq}`,
        body: 'ring',
        at: 1,
      }),
    )
    const recent = (after: number) =>
      frames
        .slice(after - 1)
        .map((payload, index) => new RoomFrame({ seq: after + 1 + index, payload, header: undefined }, 1))
    const found = await sync([ask(key, 1)], {
      followed: new Map([[key.slug, state]]),
      live: new Map([[key.id, { epoch: key.epoch, head: 3, recent }]]),
    })

    expect(statements).toHaveLength(1)
    const event = { kind: 'message', sender: 'bob', body: 'ring', at: 1 }
    expect(found[0]?.missed).toEqual({
      events: [
        { ...event, seq: 2, clientId: 'c2' },
        { ...event, seq: 3, clientId: 'c3' },
      ],
    })
  })

  test('asks the database for a room of which the client knows more than this process', async () => {
    const key = await room(5)
    const state = { ...(await states.heads([key.slug])).get(key.slug)!, lastSeq: 3 }
    const found = await sync([ask(key, 4)], { followed: new Map([[key.slug, state]]) })
    expect(found[0]?.missed.events?.map(({ seq }) => seq)).toEqual([5])
  })

  test('tells a room that is far behind its head alone, and another epoch or a number beyond the head a reset', async () => {
    const [far, near, restored, beyond] = await Promise.all([room(51), room(50), room(3), room(3)])
    const found = await sync([ask(far, 0), ask(near, 0), ask({ ...restored, epoch: 1 }, 2), ask(beyond, 9), ask(near)])

    expect(found.map(({ missed }) => ({ ...missed, events: missed.events?.length }))).toEqual([
      { gap: true, events: undefined },
      { events: undefined },
      { reset: true, events: undefined },
      { reset: true, events: undefined },
    ])
    const alone = await sync([ask(near, 0)])
    expect(alone[0]?.missed.events).toHaveLength(50)
  })

  test('gives one answer for a room that is not there and for one that the user may not read', async () => {
    const key = await room(3)
    await store.database.execute(`UPDATE rooms SET kind = 'group', join_rule = 'invite' WHERE id = ?`, [key.id])
    const missing = uniqueName('missing')
    const outsider = await sync([ask(key, 1), { room: missing, after: { epoch: 1, seq: 0 } }], { user: 'mallory' })
    expect(outsider).toEqual([
      { slug: key.slug, state: undefined, member: undefined, missed: {} },
      { slug: missing, state: undefined, member: undefined, missed: {} },
    ])
    expect((await sync([ask(key, 1)]))[0]?.missed.events).toHaveLength(2)
  })

  test('asks the database for the rules of a room that the user is no member of', async () => {
    const key = await room(3)
    const state = (await states.heads([key.slug])).get(key.slug)!
    const options = { followed: new Map([[key.slug, state]]), user: 'mallory' }
    expect((await sync([ask(key, 1)], options))[0]?.missed.events).toHaveLength(2)

    await store.database.execute(`UPDATE rooms SET join_rule = 'invite' WHERE id = ?`, [key.id])
    expect((await sync([ask(key, 1)], options))[0]).toEqual({ slug: key.slug, member: undefined, missed: {} })
    expect((await sync([ask(key, 1)], { ...options, user: 'alice' }))[0]?.missed.events).toHaveLength(2)
  })

  test('gives whoever is no member nothing from before they could join, if the history is only for members', async () => {
    const key = await room(3)
    await store.database.execute(`UPDATE rooms SET history_rule = 'since-joining' WHERE id = ?`, [key.id])
    const [found] = await sync([ask(key, 1)], { user: 'mallory' })
    expect(found).toMatchObject({ state: { lastSeq: 3 }, missed: { events: [] } })
  })

  test('is fair: rooms with little come first, and what does not fit gets a gap', async () => {
    const big = await room(50, { body: 'x'.repeat(1000) })
    const small = await Promise.all(Array.from({ length: 30 }, () => room(2)))
    const found = await sync([ask(big, 0), ...small.map((key) => ask(key, 0))], { maxBytes: 20_000 })

    expect(found[0]?.missed).toEqual({ gap: true })
    expect(found.slice(1).every(({ missed }) => missed.events?.length === 2)).toBe(true)
  })

  test('reads at most 2,000 events and 2 MiB of texts for one answer', async () => {
    const rooms = await Promise.all(Array.from({ length: 50 }, () => room(50, { body: 'x'.repeat(4000) })))
    const found = await sync(
      rooms.map((key) => ask(key, 0)),
      { maxBytes: Infinity },
    )
    // 2,500 events follow; of those that are read each has a text that is too long for so many.
    expect(found.every(({ missed }) => missed.gap === true)).toBe(true)

    const [first] = rooms
    expect((await sync([ask(first!, 0)]))[0]?.missed.events).toHaveLength(50)
  })

  test('tells which events were purged, and does not take a database that is behind for one that has none', async () => {
    const [purged, behind] = await Promise.all([room(5), room(5)])
    await store.database.execute('DELETE FROM room_events WHERE room = ? AND seq <= 3', [purged.id])
    await store.database.execute('DELETE FROM room_events WHERE room = ? AND seq > 3', [behind.id])
    const [one, two] = await sync([ask(purged, 1), ask(behind, 1)])
    expect(one?.missed).toMatchObject({ truncatedAt: 4, events: [{ seq: 4 }, { seq: 5 }] })
    expect(two?.missed).toEqual({ gap: true })
  })

  test('leaves out what the member may not see, and gives an edit the present text of its message', async () => {
    const key = await room(2)
    await addEvents(store.database, key.id, [
      { seq: 3, body: 'a note', audience: 'staff' },
      { seq: 4, kind: 'edit', target: 2 },
      { seq: 5, body: 'for alice', audience: 'user:1' },
      { seq: 6, kind: 'reaction', target: 1, data: { reaction: '+', change: 'add' } },
    ])
    await store.database.execute(`UPDATE room_events SET body = 'edited', edited_at = 9 WHERE room = ? AND seq = 2`, [
      key.id,
    ])
    await store.database.execute(`UPDATE memberships SET from_seq = 2 WHERE room = ? AND member = 'alice'`, [key.id])

    const [found] = await sync([ask(key, 0)])
    expect(found?.missed.events).toMatchObject([
      { seq: 2, kind: 'message', body: 'edited', editedAt: 9 },
      { seq: 4, kind: 'edit', body: 'edited', target: 2 },
      { seq: 5, body: 'for alice' },
    ])
    expect(JSON.stringify(found?.missed)).not.toContain('a note')
  })

  test('says how much is unread, and how many of it mention the user or everyone', async () => {
    const key = await room(9, { readNo: 4 })
    await store.database.execute('INSERT INTO mentions (user, room, seq) VALUES ?', [
      [
        [1, key.id, 4],
        [1, key.id, 6],
        [0, key.id, 6],
        [0, key.id, 8],
        [2, key.id, 7],
      ],
    ])
    const [found] = await sync([ask(key)])
    expect(found).toMatchObject({ state: { lastMessageNo: 9 }, member: { readNo: 4, readSeq: 4, mentions: 2 } })
  })

  test('says whether messages that the client keeps may have changed', async () => {
    const key = await room(60)
    const asked = (seq: number, changedSeq: number) => ({ ...ask(key, seq), changedSeq })
    const changes = async (seq: number, changedSeq: number) => (await sync([asked(seq, changedSeq)]))[0]?.missed.changes
    expect(await changes(5, 5)).toBe(true)
    expect(await changes(59, 40)).toBe(true)
    expect(await changes(59, 59)).toBeUndefined()
    expect(await changes(60, 60)).toBeUndefined()
  })
})

test('every statement uses an index', async () => {
  const key = await room(3)
  await sync([ask(key, 1)])
  expect(statements).toHaveLength(3)
  const values = [[[key.slug]], [1, [key.id], 'alice'], [1000, 1000, key.id, 1, 3, 2], [1000, key.id, 0, 0, 9, 0, 0, 5]]
  for (const [index, sql] of statements.entries()) {
    const plan = await store.database.query<Row & { type: string | null; table: string | null }>(
      `EXPLAIN ${sql}`,
      values[index] ?? [],
    )
    expect(plan.filter(({ type, table }) => type === 'ALL' && !table?.startsWith('<'))).toEqual([])
  }
})
