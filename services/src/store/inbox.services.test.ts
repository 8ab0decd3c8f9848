import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { uniqueName } from '@chat-app/testing'
import { openStore, type Store } from '../../test/store.ts'
import { statement, type Row } from './database.ts'
import { addEntries, Inboxes, type InboxHead, type NewInboxEntry } from './inbox.ts'
import { writeReadMarks } from './read-marks.ts'
import type { RoomKey } from './rooms.ts'

let store: Store
let inboxes: Inboxes

beforeAll(async () => {
  store = await openStore()
  inboxes = new Inboxes(store.database)
})
afterAll(() => store[Symbol.asyncDispose]())

async function users(count: number): Promise<{ id: number; name: string }[]> {
  const names = Array.from({ length: count }, () => uniqueName('user'))
  await store.database.execute('INSERT INTO users (name, password_hash, created_at) VALUES ?', [
    names.map((name) => [name, 'x', 1]),
  ])
  const rows = await store.database.query<Row & { id: number; name: string }>(
    'SELECT id, name FROM users WHERE name IN (?) ORDER BY id',
    [names],
  )
  return rows.map(({ id, name }) => ({ id, name }))
}

/** Adds entries in a transaction of their own, and counts its statements. */
async function add(entries: readonly NewInboxEntry[]): Promise<{ heads: InboxHead[]; statements: number }> {
  return store.database.useReserved(async (connection) => {
    await statement(connection, 'START TRANSACTION')
    const before = await questions(connection)
    const heads = await addEntries(connection, entries)
    const statements = (await questions(connection)) - before - 1
    await statement(connection, 'COMMIT')
    return { heads, statements }
  })
}

async function questions(connection: Parameters<typeof addEntries>[0]): Promise<number> {
  const [row] = await statement<(Row & { Value: string })[]>(connection, `SHOW SESSION STATUS LIKE 'Questions'`)
  return Number(row?.Value)
}

describe('the inbox', () => {
  test('numbers the entries of each user, and gives them back with the names of their rooms', async () => {
    const [alice, bob] = await users(2)
    const room = await store.room()
    const { heads } = await add([
      { user: bob!.id, kind: 'room', room: room.id, seq: 3, data: { change: 'joined' } },
      { user: alice!.id, kind: 'notice', data: { text: 'hello' } },
      { user: bob!.id, kind: 'removed', room: room.id, seq: 4 },
    ])

    expect(heads).toEqual([
      { user: alice!.id, no: 1 },
      { user: bob!.id, no: 2 },
    ])
    expect(await inboxes.page(bob!.id, bob!.name, 0)).toEqual({
      no: 2,
      entries: [
        { no: 1, kind: 'room', room: room.slug, seq: 3, data: { change: 'joined' }, at: expect.any(Number) },
        { no: 2, kind: 'removed', room: room.slug, seq: 4, at: expect.any(Number) },
      ],
    })
    expect(await inboxes.page(bob!.id, bob!.name, 2)).toEqual({ no: 2, entries: [] })
    expect(await inboxes.heads([alice!.id, bob!.id])).toEqual(heads)
    expect(await inboxes.changed(10_000, 10_000)).toEqual(expect.arrayContaining(heads))
  })

  test('takes 5,000 users with three statements for each hundred', async () => {
    const many = await users(5000)
    const { heads, statements } = await add(many.map(({ id: user }) => ({ user, kind: 'notice' })))
    expect(heads).toHaveLength(5000)
    expect(statements).toBe(150)
  })

  test('has a number for each entry, without a gap, while many transactions add to the same users', async () => {
    const some = await users(30)
    const rounds = Array.from({ length: 20 }, (_, i) => {
      const order = i % 2 ? some : some.toReversed()
      return add(order.map(({ id: user }) => ({ user, kind: 'notice', data: { round: i } })))
    })
    await Promise.all(rounds)
    for (const { id, name } of some) {
      const { entries } = await inboxes.page(id, name, 0)
      expect(entries.map(({ no }) => no)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1))
      expect(new Set(entries.map(({ data }) => data?.['round'])).size).toBe(20)
    }
  })

  test('comes in pages, and skips users who do not exist', async () => {
    const [alice] = await users(1)
    const entry = { user: alice!.id, kind: 'notice' } as const
    const { heads } = await add([...Array.from({ length: 450 }, () => entry), { user: 999_999_999, kind: 'notice' }])
    expect(heads).toEqual([{ user: alice!.id, no: 450 }])
    const first = await inboxes.page(alice!.id, alice!.name, 0)
    expect([first.no, first.entries.length, first.hasMore]).toEqual([200, 200, true])
    const last = await inboxes.page(alice!.id, alice!.name, 400)
    expect([last.no, last.entries.length, last.hasMore]).toEqual([450, 50, undefined])
  })

  test.for([
    ['is older than what is kept', 1, true],
    ['is beyond the last entry', 99, true],
    ['is not known', undefined, undefined],
  ] as const)('gives the list of rooms for a cursor that %s', async ([, cursor, reset]) => {
    const [alice] = await users(1)
    const rooms = [await store.room(), await store.room()]
    for (const room of rooms) await store.rooms.enrol(room, alice!.name)
    // After those that tell of the joins.
    await add(Array.from({ length: 5 }, () => ({ user: alice!.id, kind: 'notice' as const })))
    await store.database.execute('DELETE FROM inbox WHERE user = ? AND no <= 5', [alice!.id])

    const page = await inboxes.page(alice!.id, alice!.name, cursor)
    const slugs = rooms.map(({ slug }) => slug).toReversed()
    expect(page).toEqual({ no: 7, entries: [], rooms: slugs, ...(reset && { reset }) })
    expect((await inboxes.page(alice!.id, alice!.name, 5)).entries).toHaveLength(2)
  })

  test('is undone with the transaction', async () => {
    const [alice] = await users(1)
    await store.database.useReserved(async (connection) => {
      await statement(connection, 'START TRANSACTION')
      await addEntries(connection, [{ user: alice!.id, kind: 'notice' }])
      await statement(connection, 'ROLLBACK')
    })
    expect(await inboxes.heads([alice!.id])).toEqual([{ user: alice!.id, no: 0 }])
  })
})

describe('read marks', () => {
  /** A room with 6 events, of which every other one is a message. */
  async function room(): Promise<RoomKey> {
    const key = await store.room()
    const rows = [1, 2, 3, 4, 5, 6].map((seq) => [
      key.id,
      seq,
      'message',
      'bob',
      `c${seq}`,
      'x',
      1,
      seq % 2 ? (seq + 1) / 2 : null,
    ])
    await store.database.execute(
      'INSERT INTO room_events (room, seq, kind, sender, client_id, body, created_at, message_no) VALUES ?',
      [rows],
    )
    await store.database.execute('UPDATE rooms SET last_seq = 6, last_message_no = 3, numbered_seq = 6 WHERE id = ?', [
      key.id,
    ])
    return key
  }
  /** Makes a user a member who has read nothing. */
  const enrol = async (key: RoomKey, member: string) => {
    await store.rooms.enrol(key, member)
    await store.database.execute('UPDATE memberships SET read_seq = 0, read_no = 0 WHERE room = ? AND member = ?', [
      key.id,
      member,
    ])
  }
  const markOf = async (key: RoomKey, member: string) => {
    const [row] = await store.database.query<Row & { read_seq: number; read_no: number }>(
      'SELECT read_seq, read_no FROM memberships WHERE room = ? AND member = ?',
      [key.id, member],
    )
    return row && [row.read_seq, row.read_no]
  }

  test('go forward only, and not beyond the last event', async () => {
    const key = await room()
    await enrol(key, 'alice')
    const write = (seq: number) => writeReadMarks(store.database, [{ room: key.id, user: 'alice', userId: 1, seq }])

    expect(await write(4)).toMatchObject([{ seq: 4, no: 2 }])
    expect(await markOf(key, 'alice')).toEqual([4, 2])
    await write(1)
    expect(await markOf(key, 'alice')).toEqual([4, 2])
    expect(await write(1_000_000)).toMatchObject([{ seq: 6, no: 3 }])
    expect(await markOf(key, 'alice')).toEqual([6, 3])
  })

  test.for(['at the head', 'before the head'])('count every message before 1,100 reactions, %s', async (where) => {
    const key = await room()
    await enrol(key, 'alice')
    await store.database.execute(
      'INSERT INTO room_events (room, seq, kind, sender, client_id, body, created_at, message_no) VALUES ?',
      [
        Array.from({ length: 1101 }, (_, i) => {
          const isMessage = i === 1100 && where === 'before the head'
          const seq = 7 + i
          return [key.id, seq, isMessage ? 'message' : 'reaction', 'bob', `c${seq}`, 'x', 1, isMessage ? 4 : null]
        }),
      ],
    )
    await store.database.execute('UPDATE rooms SET last_seq = 1107, last_message_no = ? WHERE id = ?', [
      where === 'at the head' ? 3 : 4,
      key.id,
    ])

    const seq = where === 'at the head' ? 1107 : 1106
    expect(await writeReadMarks(store.database, [{ room: key.id, user: 'alice', userId: 1, seq }])).toMatchObject([
      { seq, no: 3 },
    ])
    expect(await markOf(key, 'alice')).toEqual([seq, 3])
  })

  test('that were stored wrong become right by the next one, also by one of the same event', async () => {
    const key = await room()
    await enrol(key, 'alice')
    const put = (seq: number, no: number) =>
      store.database.execute('UPDATE memberships SET read_seq = ?, read_no = ? WHERE room = ?', [seq, no, key.id])
    const read = async (seq: number) => {
      await writeReadMarks(store.database, [{ room: key.id, user: 'alice', userId: 1, seq }])
      return markOf(key, 'alice')
    }

    await put(3, 3)
    expect(await read(4)).toEqual([4, 2])
    await put(4, 0)
    expect(await read(4)).toEqual([4, 2])
    // Beyond the last event.
    await put(900, 500)
    expect(await read(2)).toEqual([2, 1])
    expect(await read(1)).toEqual([2, 1])
  })

  test('of many users and rooms are written together, and make nobody a member', async () => {
    const rooms = await Promise.all([room(), room(), room()])
    const names = Array.from({ length: 30 }, () => uniqueName('user'))
    for (const key of rooms) for (const name of names) await enrol(key, name)
    const marks = rooms.flatMap((key, i) =>
      names.map((user, j) => ({ room: key.id, user, userId: 1, seq: (i + j) % 6 })),
    )
    const numbered = await writeReadMarks(store.database, [
      ...marks,
      { room: rooms[0].id, user: 'stranger', userId: 1, seq: 3 },
      { room: 999_999_999, user: 'alice', userId: 1, seq: 3 },
    ])

    expect(numbered).toHaveLength(marks.length + 1)
    for (const [i, key] of rooms.entries()) {
      for (const [j, name] of names.entries()) {
        const seq = (i + j) % 6
        expect(await markOf(key, name)).toEqual([seq, Math.ceil(seq / 2)])
      }
    }
    expect(await markOf(rooms[0], 'stranger')).toBeUndefined()
  })

  test('count the mentions after them', async () => {
    const key = await room()
    await store.database.execute('INSERT INTO mentions (user, room, seq) VALUES ?', [
      [
        [1, key.id, 1],
        [1, key.id, 3],
        [0, key.id, 3],
        [0, key.id, 5],
        [2, key.id, 5],
      ],
    ])
    const marked = await writeReadMarks(store.database, [
      { room: key.id, user: 'alice', userId: 1, seq: 2 },
      { room: key.id, user: 'other', userId: 99, seq: 3 },
    ])
    expect(marked.map(({ mentions }) => mentions)).toEqual([2, 1])
  })
})
