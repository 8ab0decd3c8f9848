import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { uniqueName } from '@chat-app/testing'
import { openStore, type Store } from '../../test/store.ts'
import { MAX_INVITATIONS_OF_ROOM } from '../support/limits.ts'
import { statement, type Row } from './database.ts'
import { DirectRooms } from './direct-rooms.ts'
import type { InboxHead } from './inbox.ts'
import { Invitations } from './invitations.ts'
import { OPEN_TO_ALL } from './new-room.ts'
import { Rooms, type RoomKey } from './rooms.ts'

let store: Store

beforeAll(async () => void (store = await openStore()))
afterAll(() => store[Symbol.asyncDispose]())

const members = ({ id }: { id: number }) =>
  store.database.query('SELECT member, role FROM memberships WHERE room = ? ORDER BY member', [id])

const set = (room: RoomKey, assignment: string) =>
  store.database.execute(`UPDATE rooms SET ${assignment} WHERE id = ?`, [room.id])

describe('a room that is made again', () => {
  test('is answered for a repetition, and changes nothing', async () => {
    const slug = uniqueName('room')
    const first = await store.rooms.create({ slug, title: 'First', createdBy: 'ann' })
    await set(await store.rooms.key(slug), "join_rule = 'invite'")
    expect(await store.rooms.create({ slug, title: 'Again', createdBy: 'ann' })).toEqual(first)
    expect(await members(await store.rooms.key(slug))).toEqual([{ member: 'ann', role: 'owner' }])
  })

  test.for(['public', 'group'] as const)('does not let its former creator into a %s room', async (kind) => {
    const { room: slug } = await store.rooms.create({
      title: 'Room',
      createdBy: 'ann',
      rules: { ...OPEN_TO_ALL, kind, join: 'invite' },
    })
    const key = await store.rooms.key(slug)
    await store.database.execute('DELETE FROM memberships WHERE room = ?', [key.id])
    for (const createdBy of ['ann', 'eve']) {
      await expect(store.rooms.create({ slug, title: 'Mine', createdBy })).rejects.toMatchObject({
        code: 'conflict',
        field: 'room',
        message: `there is a room "${slug}" already: choose another name, or join it if it is public`,
      })
    }
    expect(await members(key)).toEqual([])
  })

  test('is not the one of another kind that its creator has', async () => {
    const { room: slug } = await store.rooms.create({
      title: 'Room',
      createdBy: 'ann',
      rules: { ...OPEN_TO_ALL, kind: 'group' },
    })
    await expect(store.rooms.create({ slug, title: 'Room', createdBy: 'ann' })).rejects.toMatchObject({
      code: 'conflict',
    })
  })
})

describe('a client id of a new room', () => {
  const create = (clientId: string, more: object = {}) =>
    store.rooms.create({ title: 'Room', createdBy: 'ann', clientId, ...more })

  test('makes one room, however often and in however many requests at once it is sent', async () => {
    const clientId = uniqueName('id')
    const rooms = await Promise.all(Array.from({ length: 10 }, () => create(clientId)))
    expect(new Set(rooms.map(({ room }) => room)).size).toBe(1)
    expect(await create(clientId, { title: 'Other words' })).toEqual(rooms[0])
    expect(await create(clientId, { createdBy: 'bob' })).not.toEqual(rooms[0])
  })

  test('of another kind or name is a conflict', async () => {
    const clientId = uniqueName('id')
    await create(clientId)
    for (const other of [{ rules: { ...OPEN_TO_ALL, kind: 'group' } }, { slug: uniqueName('room') }])
      await expect(create(clientId, other)).rejects.toMatchObject({ code: 'conflict', field: 'clientId' })
  })
})

test('the other devices of a user are told of a room that was made or joined', async () => {
  const [ann, eve] = [uniqueName('ann'), uniqueName('eve')]
  await store.addUsers(ann, eve)
  const heads: InboxHead[] = []
  const rooms = new Rooms(store.database, (added) => heads.push(...added))
  const { room: slug } = await rooms.create({ title: 'Room', createdBy: ann })
  const room = await rooms.key(slug)
  await set(room, 'last_seq = 7')
  for (const who of [eve, eve, ann]) await rooms.enrol(room, who)
  const told = await store.database.query(
    `SELECT users.name, inbox.no, inbox.kind, inbox.seq FROM inbox JOIN users ON users.id = inbox.user
     WHERE inbox.room = ? ORDER BY inbox.seq`,
    [room.id],
  )
  expect(told).toEqual([
    { name: ann, no: 1, kind: 'room', seq: 0 },
    { name: eve, no: 1, kind: 'room', seq: 7 },
  ])
  expect(heads).toHaveLength(2)
})

describe('a join', () => {
  test('waits for a change of the settings that is under way, and obeys it', async () => {
    const room = await store.room()
    const joined = await store.database.useReserved(async (connection) => {
      await statement(connection, 'START TRANSACTION')
      await statement(connection, "UPDATE rooms SET join_rule = 'invite' WHERE id = ?", [room.id])
      const joined = Promise.allSettled([store.rooms.enrol(room, 'stranger')])
      await new Promise((resolve) => setTimeout(resolve, 200))
      await statement(connection, 'COMMIT')
      return joined
    })
    expect(joined).toMatchObject([{ status: 'rejected', reason: { code: 'forbidden', field: 'room' } }])
    expect(await members(room)).toEqual([{ member: 'owner', role: 'owner' }])
  })

  test('is refused in a room that has ended or is gone', async () => {
    const room = await store.room()
    await set(room, 'ended_at = 1')
    await expect(store.rooms.enrol(room, 'stranger')).rejects.toMatchObject({ code: 'forbidden' })
    await store.database.execute('DELETE FROM rooms WHERE id = ?', [room.id])
    await expect(store.rooms.enrol(room, 'stranger')).rejects.toMatchObject({ code: 'not_found' })
  })

  test('of many at once fills the room, and no more', async () => {
    const room = await store.room()
    await set(room, 'max_members = 4')
    const joins = await Promise.allSettled(
      Array.from({ length: 12 }, (_, each) => store.rooms.enrol(room, `user${each % 6}`)),
    )
    const refusals = joins.flatMap((join) => (join.status === 'rejected' ? [join.reason as unknown] : []))
    for (const refusal of refusals) expect(refusal).toMatchObject({ code: 'refused', field: 'room' })
    expect(await members(room)).toHaveLength(4)
  })

  test('is free in every room while typed events are not enabled', async () => {
    const room = await store.room()
    await set(room, "join_rule = 'invite'")
    const [row] = await store.database.query<Row & { enabled_at: number }>('SELECT enabled_at FROM features')
    await store.database.execute('UPDATE features SET enabled_at = NULL')
    try {
      expect(await store.rooms.enrol(room, 'stranger')).toMatchObject({ role: 'member' })
    } finally {
      await store.database.execute('UPDATE features SET enabled_at = ?', [row?.enabled_at])
    }
  })
})

test('requests leave room for invitations, and both have a bound', async () => {
  const { id: room } = await store.room()
  const invitations = new Invitations(store.database)
  const rows = Array.from({ length: MAX_INVITATIONS_OF_ROOM }, (_, each) => [room, 1_000_000 + each, 'requested', 1, 1])
  await store.database.query('INSERT INTO invitations (room, user, state, created_by, created_at) VALUES ?', [rows])
  await invitations.add(room, { user: 1, state: 'invited', by: 1 })
  const refusal = { code: 'conflict', message: '1000 requests wait in this room: an admin has to decline some first' }
  await expect(invitations.add(room, { user: 2, state: 'requested', by: 2 })).rejects.toMatchObject(refusal)
  await invitations.remove(room, 1_000_000)
  await invitations.add(room, { user: 2, state: 'requested', by: 2 })
})

test('both users are told of a new direct room, once', async () => {
  const [ann, bob] = [uniqueName('ann'), uniqueName('bob')]
  await store.addUsers(ann, bob)
  const announced: InboxHead[] = []
  const rooms = new DirectRooms(store.database, (heads) => void announced.push(...heads))
  const opened = await Promise.all([rooms.open(ann, bob), rooms.open(bob, ann)])
  expect(await rooms.open(ann, bob)).toEqual(opened[0])

  const entries = await store.database.query(
    `SELECT users.name, inbox.user, inbox.no, inbox.kind, rooms.slug, inbox.seq
     FROM inbox JOIN users ON users.id = inbox.user JOIN rooms ON rooms.id = inbox.room
     WHERE users.name IN (?) ORDER BY users.name`,
    [[ann, bob]],
  )
  const entry = { no: 1, kind: 'room', slug: opened[0]?.room, seq: 0 }
  expect(entries).toMatchObject([
    { name: ann, ...entry },
    { name: bob, ...entry },
  ])
  expect(announced.map(({ user }) => user).sort((a, b) => a - b)).toEqual(
    entries.map(({ user }) => user as number).sort((a, b) => a - b),
  )
})
