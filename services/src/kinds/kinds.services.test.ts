import type { PoolConnection } from 'mysql2/promise'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { uniqueName } from '@chat-app/testing'
import { openStore, type Store } from '../../test/store.ts'
import { storeBatch } from '../store/batch.ts'
import type { Row } from '../store/database.ts'
import { addEntries } from '../store/inbox.ts'
import { Features } from '../store/features.ts'
import type { NewEvent, Position } from '../store/new-event.ts'
import type { RoomKey } from '../store/rooms.ts'
import { Users } from '../store/users.ts'
import { Writer } from '../store/writer.ts'
import { Policy } from '../policy/policy.ts'
import { GROUP } from '../policy/room-kinds.ts'
import { NUMBERS, partsOf } from './reads.ts'
import { unionAll } from '../store/union.ts'
import { Kinds, SYSTEM, type KindsOptions } from './kinds.ts'

let store: Store
let features: Features

beforeAll(async () => {
  store = await openStore()
  features = new Features(store.database)
  await features.load()
})
afterAll(() => store[Symbol.asyncDispose]())

/** A room with an owner, an admin and two members, and a writer that knows the rules. */
async function chat(options: { kind?: string; kinds?: KindsOptions } = {}) {
  const [owner, admin, ann, bob, eve] = ['owner', 'admin', 'ann', 'bob', 'eve'].map((name) => uniqueName(name)) as [
    string,
    string,
    string,
    string,
    string,
  ]
  const users = new Users(store.database)
  for (const name of [owner, admin, ann, bob, eve]) await users.add(name, 'no hash')
  const { room: slug } = await store.rooms.create({ title: 'Room', createdBy: owner })
  const room = await store.rooms.key(slug)
  const { memberships } = store.rooms
  await memberships.enrol(room, admin, 'admin')
  await memberships.enrol(room, ann)
  await memberships.enrol(room, bob)
  await store.database.execute('UPDATE rooms SET kind = ?, join_rule = ? WHERE id = ?', [
    options.kind ?? 'group',
    'invite',
    room.id,
  ])
  const rules = new Kinds(options.kinds)
  const newWriter = () => new Writer(store.database, { context: () => ({ rules, hashKey: features.hashKey }) })
  const writer = newWriter()
  let count = 0
  const append = (sender: string, event: Partial<NewEvent> & { kind: string }) =>
    writer.append({ room: room.id, sender, clientId: `c${(count += 1)}`, body: '', ...event })
  const say = (sender: string, body: string, changes: Partial<NewEvent> = {}) =>
    append(sender, { kind: 'message', body, ...changes })
  const member = (sender: string, data: NonNullable<NewEvent['data']>) => append(sender, { kind: 'member', data })
  return { room, owner, admin, ann, bob, eve, writer, newWriter, append, say, member }
}

type Chat = Awaited<ReturnType<typeof chat>>

async function row(room: RoomKey, { seq }: Pick<Position, 'seq'>) {
  const [found] = await store.database.query<Row>('SELECT * FROM room_events WHERE room = ? AND seq = ?', [
    room.id,
    seq,
  ])
  return found
}

async function count(table: string, room: RoomKey): Promise<number> {
  const [found] = await store.database.query<Row & { rows: number }>(
    `SELECT COUNT(*) AS \`rows\` FROM ${table} WHERE room = ?`,
    [room.id],
  )
  return found?.rows ?? -1
}

async function roomRow(room: RoomKey) {
  const [found] = await store.database.query<Row>('SELECT * FROM rooms WHERE id = ?', [room.id])
  return found
}

async function memberRow(room: RoomKey, user: string) {
  const [found] = await store.database.query<Row>('SELECT * FROM memberships WHERE room = ? AND member = ?', [
    room.id,
    user,
  ])
  return found
}

describe('a message', () => {
  test('gets a number of its own, and counts for the room', async () => {
    const { room, ann, bob, say, append } = await chat()

    const first = await say(ann, 'one')
    await append(bob, { kind: 'reaction', target: first.seq, data: { reaction: '👍', change: 'add' } })
    const second = await say(bob, 'two')

    expect([first.messageNo, second.messageNo]).toEqual([1, 2])
    expect([first.seq, second.seq]).toEqual([1, 3])
    expect(await roomRow(room)).toMatchObject({ last_seq: 3, last_message_no: 2, numbered_seq: 3 })
    expect(await row(room, first)).toMatchObject({ sender: ann, message_no: 1, changed_seq: 2, audience: 'all' })
    expect((await row(room, first))?.['sender_id']).toBeGreaterThan(0)
  })

  test('of somebody who is no member is refused as in a room that does not exist', async () => {
    const { eve, say } = await chat()

    await expect(say(eve, 'hello')).rejects.toMatchObject({ code: 'not_found', message: 'this room does not exist' })
  })

  test('mentions members, and nobody else', async () => {
    const { room, ann, bob, eve, admin, say } = await chat()

    await say(ann, 'hello bob', { data: { mentions: [bob] } })
    await say(admin, 'hello all', { data: { mentionsAll: true } })

    await expect(say(ann, 'hello eve', { data: { mentions: [eve] } })).rejects.toMatchObject({ field: 'mentions' })
    await expect(say(ann, 'hello all', { data: { mentionsAll: true } })).rejects.toMatchObject({ code: 'forbidden' })
    // One row for everyone, however many they are.
    expect(await count('mentions', room)).toBe(2)
  })

  test('answers a message of the room', async () => {
    const { ann, bob, say } = await chat()

    const { seq } = await say(ann, 'question')

    await expect(say(bob, 'answer', { data: { replyTo: seq } })).resolves.toMatchObject({ seq: 2 })
    await expect(say(bob, 'answer', { data: { replyTo: 99 } })).rejects.toMatchObject({ field: 'replyTo' })
  })
})

describe('an edit', () => {
  test('changes the row of the message, and keeps the former text apart', async () => {
    const { room, ann, say, append } = await chat()
    const message = await say(ann, 'helo')

    const edit = await append(ann, { kind: 'edit', target: message.seq, body: 'hello' })

    expect(await row(room, message)).toMatchObject({ body: 'hello', changed_seq: edit.seq, edited_at: edit.at })
    expect(await row(room, edit)).toMatchObject({ body: '', target: message.seq, message_no: null })
    expect(await count('former_texts', room)).toBe(1)
  })

  test('of a message that is stored in the same batch', async () => {
    const { room, ann, say, append } = await chat()

    const [message, edit] = await Promise.all([
      say(ann, 'helo'),
      append(ann, { kind: 'edit', target: 1, body: 'hello' }),
    ])

    expect([message.seq, edit.seq]).toEqual([1, 2])
    expect(await row(room, message)).toMatchObject({ body: 'hello', changed_seq: 2 })
  })

  test('is for the sender alone', async () => {
    const { ann, owner, say, append } = await chat()
    const { seq: target } = await say(ann, 'mine')

    await expect(append(owner, { kind: 'edit', target, body: 'yours' })).rejects.toMatchObject({
      code: 'forbidden',
      field: 'target',
    })
  })

  test('is possible for the time that the room allows', async () => {
    const { room, ann, say, append } = await chat()
    const { seq: target } = await say(ann, 'old')
    await store.database.execute('UPDATE rooms SET recall_within_seconds = 60 WHERE id = ?', [room.id])
    await store.database.execute('UPDATE room_events SET created_at = created_at - 61000 WHERE room = ?', [room.id])

    await expect(append(ann, { kind: 'edit', target, body: 'new' })).rejects.toMatchObject({ code: 'refused' })
    await expect(append(ann, { kind: 'recall', target })).rejects.toMatchObject({ code: 'refused' })
  })
})

describe('a recall', () => {
  test('leaves nothing of the body', async () => {
    const { room, ann, bob, say, append } = await chat()
    const message = await say(ann, 'a secret word', { data: { mentions: [bob] } })
    const { seq: target } = message
    await append(ann, { kind: 'edit', target, body: 'another secret' })
    await append(bob, { kind: 'reaction', target, data: { reaction: '👍', change: 'add' } })

    const recall = await append(ann, { kind: 'recall', target })

    expect(await row(room, message)).toMatchObject({ body: '', data: null, reactions: null, recalled_at: recall.at })
    for (const table of ['former_texts', 'reactions', 'mentions'])
      expect([table, await count(table, room)]).toEqual([table, 0])
    const all = JSON.stringify(await store.database.query('SELECT * FROM room_events WHERE room = ?', [room.id]))
    expect(all).not.toContain('secret')
    await expect(append(ann, { kind: 'edit', target, body: 'again' })).rejects.toMatchObject({ code: 'refused' })
  })

  test('of the message of another is for admins, and not against a higher role', async () => {
    const { ann, bob, admin, owner, say, append } = await chat()
    const [mine, admins] = [await say(ann, 'mine'), await say(owner, 'of the owner')]

    await expect(append(bob, { kind: 'recall', target: mine.seq })).rejects.toMatchObject({ code: 'forbidden' })
    await expect(append(admin, { kind: 'recall', target: admins.seq })).rejects.toMatchObject({ code: 'forbidden' })
    await expect(append(admin, { kind: 'recall', target: mine.seq })).resolves.toMatchObject({ seq: 3 })
  })
})

describe('a reaction', () => {
  test('is counted once for each user', async () => {
    const { room, ann, bob, say, append } = await chat()
    const message = await say(ann, 'hello')
    const react = (sender: string, reaction: string, change: string) =>
      append(sender, { kind: 'reaction', target: message.seq, data: { reaction, change } })

    await Promise.all([react(ann, '👍', 'add'), react(bob, '👍', 'add'), react(bob, '🎉', 'add')])
    await expect(react(bob, '👍', 'add')).rejects.toMatchObject({ code: 'refused', field: 'reaction' })
    await react(bob, '🎉', 'remove')

    expect(JSON.parse(String((await row(room, message))?.['reactions']))).toEqual({ '👍': 2 })
    expect(await count('reactions', room)).toBe(2)
  })

  test('and a pin leave the text of the message as it is', async () => {
    const { room, ann, bob, admin, say, append } = await chat()
    const [first, second] = [
      await say(ann, 'x'.repeat(16_384), { data: { mentions: [bob] } }),
      await say(ann, 'y'.repeat(16_384), { data: { mentions: [bob] } }),
    ]
    await Promise.all([
      append(bob, { kind: 'reaction', target: first.seq, data: { reaction: '+1', change: 'add' } }),
      append(admin, { kind: 'pin', target: first.seq, data: { change: 'add' } }),
      append(ann, { kind: 'edit', target: second.seq, body: 'new' }),
    ])

    expect(await row(room, first)).toMatchObject({
      body: 'x'.repeat(16_384),
      data: JSON.stringify({ mentions: [bob] }),
      reactions: '{"+1":1}',
      changed_seq: 4,
    })
    expect(await row(room, second)).toMatchObject({ body: 'new', data: JSON.stringify({ mentions: [bob] }) })
    expect(await count('former_texts', room)).toBe(1)
  })

  test.for(['constructor', '__proto__'])('may be named %s like a property of objects', async (reaction) => {
    const { room, ann, bob, say, append } = await chat()
    const message = await say(ann, 'hello')
    const react = (user: string, change: 'add' | 'remove') =>
      append(user, { kind: 'reaction', target: message.seq, data: { reaction, change } })

    await react(ann, 'add')
    await react(bob, 'add')
    expect((await row(room, message))?.['reactions']).toBe(`{"${reaction}":2}`)
    await react(ann, 'remove')
    await react(bob, 'remove')
    expect((await row(room, message))?.['reactions']).toBeNull()
  })

  test('has at most 20 kinds on a message', async () => {
    const { ann, say, append } = await chat()
    const { seq: target } = await say(ann, 'hello')
    const react = (reaction: string) => append(ann, { kind: 'reaction', target, data: { reaction, change: 'add' } })

    await Promise.all(Array.from({ length: 20 }, (_, index) => react(`r${index}`)))

    await expect(react('r20')).rejects.toMatchObject({ code: 'refused' })
  })
})

describe('members', () => {
  test('are let in by an admin, and read from there on if the room says so', async () => {
    const { room, ann, admin, eve, say, member, append, owner } = await chat()
    await say(ann, 'before')
    await append(owner, { kind: 'settings', data: { history: 'since-joining' } })

    const joined = await member(admin, { user: eve, change: 'joined' })

    expect(await memberRow(room, eve)).toMatchObject({ role: 'member', from_seq: joined.seq, read_no: 1 })
    await expect(say(eve, 'hello')).resolves.toMatchObject({ messageNo: 2 })
    await expect(member(ann, { user: eve, change: 'removed' })).rejects.toMatchObject({ code: 'forbidden' })
  })

  test.for(['removed', 'left'] as const)(
    'who are members, and %s, lose an invitation that was left over',
    async (how) => {
      const { room, admin, ann, member } = await chat()
      const invite = `INSERT INTO invitations (room, user, state, created_by, created_at)
      SELECT ?, users.id, 'invited', users.id, 1 FROM users WHERE users.name = ?`
      await store.database.execute(invite, [room.id, ann])
      await member(how === 'removed' ? admin : ann, { user: ann, change: how })
      expect(await count('invitations', room)).toBe(0)
      await expect(member(ann, { user: ann, change: 'joined' })).rejects.toMatchObject({ code: 'not_found' })
    },
  )

  test('join by themselves with an invitation', async () => {
    const { room, owner, eve, say, member } = await chat()
    await expect(member(eve, { user: eve, change: 'joined' })).rejects.toMatchObject({ code: 'not_found' })
    await store.database.execute(
      `INSERT INTO invitations (room, user, state, created_by, created_at)
       SELECT ?, guest.id, 'invited', host.id, 1 FROM users AS guest, users AS host WHERE guest.name = ? AND host.name = ?`,
      [room.id, eve, owner],
    )

    await member(eve, { user: eve, change: 'joined' })

    await expect(say(eve, 'hello')).resolves.toMatchObject({ messageNo: 1 })
    expect(await count('invitations', room)).toBe(0)
  })

  test('who are removed write nothing more, from the very next event on', async () => {
    const { room, ann, admin, say, member } = await chat()

    const [removed, late] = await Promise.allSettled([
      member(admin, { user: ann, change: 'removed' }),
      say(ann, 'still here'),
    ])

    expect(removed.status).toBe('fulfilled')
    expect(late).toMatchObject({ reason: { code: 'not_found' } })
    expect(await memberRow(room, ann)).toBeUndefined()
  })

  test('who are muted write again when the time is over', async () => {
    const { room, ann, admin, say, member } = await chat()
    const { at } = await say(ann, 'hello')

    await member(admin, { user: ann, change: 'muted', mutedUntil: at + 3_600_000 })
    await expect(say(ann, 'muted')).rejects.toMatchObject({ code: 'forbidden' })
    await member(admin, { user: ann, change: 'muted', mutedUntil: 0 })

    await expect(say(ann, 'free')).resolves.toMatchObject({ messageNo: 2 })
    expect(await memberRow(room, ann)).toMatchObject({ muted_until: null })
  })

  test('own a room one at a time, and the owner does not leave without handing it over', async () => {
    const { room, ann, admin, owner, member } = await chat()

    await expect(member(owner, { user: owner, change: 'left' })).rejects.toMatchObject({ code: 'refused' })
    await expect(member(admin, { user: ann, change: 'role', role: 'admin' })).rejects.toMatchObject({
      code: 'forbidden',
    })
    await member(owner, { user: ann, change: 'role', role: 'owner' })
    await member(owner, { user: owner, change: 'left' })

    expect(await memberRow(room, ann)).toMatchObject({ role: 'owner' })
    expect(await memberRow(room, owner)).toBeUndefined()
  })

  test('who own a room are one, whoever hands it over, in one batch or several', async () => {
    const { room, ann, bob, eve, owner, member, append } = await chat()
    await store.database.execute("UPDATE users SET role = 'admin' WHERE name IN (?)", [[eve, owner]])
    const roleOf = async (user: string) => (await memberRow(room, user))?.['role']
    const owners = () =>
      store.database.query<Row>("SELECT member FROM memberships WHERE room = ? AND role = 'owner'", [room.id])

    await member(owner, { user: owner, change: 'role', role: 'owner' })
    await expect(member(owner, { user: owner, change: 'role', role: 'member' })).rejects.toMatchObject({
      code: 'refused',
      field: 'user',
    })
    expect(await owners()).toEqual([{ member: owner }])

    // Eve is no member.
    await member(eve, { user: ann, change: 'role', role: 'owner' })
    expect(await owners()).toEqual([{ member: ann }])
    expect(await roleOf(owner)).toBe('admin')

    await Promise.all([
      append(eve, { kind: 'member', data: { user: bob, change: 'role', role: 'owner' } }),
      append(eve, { kind: 'member', data: { user: owner, change: 'role', role: 'owner' } }),
    ])
    expect(await owners()).toEqual([{ member: owner }])
    expect([await roleOf(ann), await roleOf(bob)]).toEqual(['admin', 'admin'])
  })

  test('who own a room are not removed by an administrator before another one owns it, which is noted', async () => {
    const { room, ann, eve, owner, member } = await chat()
    await store.database.execute("UPDATE users SET role = 'admin' WHERE name = ?", [eve])
    await expect(member(eve, { user: owner, change: 'removed' })).rejects.toMatchObject({
      code: 'refused',
      message: `"${owner}" owns this room: make another member its owner first`,
    })
    await member(eve, { user: ann, change: 'role', role: 'owner' })
    await member(eve, { user: owner, change: 'removed' })
    expect(await memberRow(room, owner)).toBeUndefined()
    // What was refused is not there.
    const acts = await store.database.query<Row>('SELECT action, subject, after_data FROM audit WHERE actor_name = ?', [
      eve,
    ])
    expect(acts.map(({ action, subject }) => [action, subject])).toEqual([
      ['roles', room.slug],
      ['remove', room.slug],
    ])
    expect(JSON.parse(String(acts[1]?.['after_data']))).toMatchObject({ seq: 2, user: owner, change: 'removed' })
  })

  test('take no room over from an owner who may act', async () => {
    const { ann, owner, append } = await chat()
    const data = { user: ann, change: 'role', role: 'owner', succeeds: owner }
    await expect(append(SYSTEM.sender, { senderId: 0, kind: 'member', data })).rejects.toMatchObject({
      field: 'succeeds',
    })
    await expect(append(owner, { kind: 'member', data })).rejects.toMatchObject({ field: 'succeeds' })
  })

  test('of a room whose owner leaves are counted after those of the batch who go first', async () => {
    const { room, ann, bob, admin, owner, append } = await chat()
    const leave = (user: string) => append(user, { kind: 'member', data: { user, change: 'left' } })

    const leaving = await Promise.allSettled([ann, bob, owner].map(leave))
    expect(leaving.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected'])
    await Promise.all([admin, owner].map(leave))

    expect(await count('memberships', room)).toBe(0)
  })

  test('are not more than the room allows', async () => {
    const { admin, owner, eve, member, append } = await chat()
    await append(owner, { kind: 'settings', data: { maxMembers: 4 } })

    await expect(member(admin, { user: eve, change: 'joined' })).rejects.toMatchObject({ code: 'refused' })
  })
})

describe('a repeat', () => {
  const REPEATS: readonly [string, (chat: Chat, message: Position) => Promise<unknown>][] = [
    [
      'a mute',
      ({ member, admin, ann }) => member(admin, { user: ann, change: 'muted', mutedUntil: 9_999_999_999_999 }),
    ],
    ['a removal', ({ member, admin, ann }) => member(admin, { user: ann, change: 'removed' })],
    ['an edit', ({ append, ann }, { seq }) => append(ann, { kind: 'edit', target: seq, body: 'changed' })],
    ['a recall', ({ append, ann }, { seq }) => append(ann, { kind: 'recall', target: seq })],
    ['expiry', ({ append }, { seq }) => append(SYSTEM.sender, { ...SYSTEM, kind: 'expired', data: { upTo: seq } })],
  ]

  test.for(REPEATS)('after %s gets its old acknowledgement, from every process', async ([, change]) => {
    const here = await chat()
    const request = { room: here.room.id, kind: 'message', sender: here.ann, clientId: 'once', body: 'hello' }
    const first = await here.writer.append(request)
    await change(here, first)

    for (const writer of [here.writer, here.newWriter()]) {
      await expect(writer.append(request)).resolves.toMatchObject({ seq: first.seq, at: first.at, repeated: true })
      await expect(writer.append({ ...request, body: 'other' })).rejects.toMatchObject({ code: 'conflict' })
    }
  })

  const LATER = REPEATS.filter(([name]) => ['an edit', 'a recall', 'expiry'].includes(name))
  test.for(LATER)('of a message of the release before is known after %s', async ([, change]) => {
    const here = await chat()
    const request = { room: here.room.id, kind: 'message', sender: here.ann, clientId: 'once', body: 'hello' }
    const first = await here.writer.append(request)
    await store.database.execute('UPDATE room_events SET request_hash = NULL WHERE room = ?', [here.room.id])
    await change(here, first)

    await expect(here.newWriter().append(request)).resolves.toMatchObject({ seq: first.seq, repeated: true })
    await expect(here.newWriter().append({ ...request, body: 'other' })).rejects.toMatchObject({ code: 'conflict' })
  })

  test('of an edit is known, and another edit with its client id is a conflict', async () => {
    const { room, ann, say, writer } = await chat()
    const { seq: target } = await say(ann, 'hello')
    const edit = { room: room.id, kind: 'edit', sender: ann, clientId: 'edit', target, body: 'hallo' }
    const first = await writer.append(edit)

    await expect(writer.append(edit)).resolves.toMatchObject({ seq: first.seq, repeated: true })
    await expect(writer.append({ ...edit, body: 'hola' })).rejects.toMatchObject({ code: 'conflict' })
  })
})

describe('expiry', () => {
  test('empties a range, and is for the system alone', async () => {
    const { room, ann, owner, say, append } = await chat()
    await say(ann, 'first')
    await say(ann, 'second')
    await say(ann, 'third')
    const data = { upTo: 2 }

    await expect(append(owner, { kind: 'expired', data })).rejects.toMatchObject({ code: 'refused' })
    await append(SYSTEM.sender, { ...SYSTEM, kind: 'expired', data })

    const rows = await store.database.query<Row & { body: string }>(
      'SELECT body FROM room_events WHERE room = ? ORDER BY seq',
      [room.id],
    )
    expect(rows.map(({ body }) => body)).toEqual(['', '', 'third', ''])
    expect(await roomRow(room)).toMatchObject({ expired_no: 2, last_message_no: 3 })
  })
})

describe('settings', () => {
  test('are changed by the owner, and rule the next event', async () => {
    const { room, ann, admin, owner, say, append } = await chat()
    await expect(append(admin, { kind: 'settings', data: { title: 'New' } })).rejects.toMatchObject({
      code: 'forbidden',
    })

    const [, refused] = await Promise.allSettled([
      append(owner, { kind: 'settings', data: { title: 'New', post: 'admins' } }),
      say(ann, 'hello'),
    ])

    expect(refused).toMatchObject({ reason: { code: 'forbidden' } })
    expect(await roomRow(room)).toMatchObject({ title: 'New', post_rule: 'admins' })
  })

  test('are told to the members of a small room in their inboxes, once for a batch', async () => {
    const inbox: NonNullable<KindsOptions['hooks']>[number] = async (connection, stored) =>
      void (await addEntries(connection, stored.inbox))
    const { room, owner, append } = await chat({ kinds: { hooks: [inbox] } })
    const told = () =>
      store.database.query<Row>("SELECT user, seq FROM inbox WHERE room = ? AND kind = 'room' AND seq > 0", [room.id])
    await Promise.all(['One', 'Two'].map((title) => append(owner, { kind: 'settings', data: { title } })))
    expect(new Set((await told()).map(({ user }) => user as number)).size).toBe(4)

    await store.database.query('INSERT INTO memberships (room, member, user, joined_at) VALUES ?', [
      Array.from({ length: 97 }, (_, i) => [room.id, uniqueName(`m${i}`), 1_000_000 + i, 1]),
    ])
    await append(owner, { kind: 'settings', data: { title: 'Three' } })
    expect(await told()).toHaveLength(4)
  })

  test('end a room: it is read, and nothing is written any more, and everyone may leave', async () => {
    const { room, ann, admin, owner, say, append, member } = await chat()
    const end = (who: string) => append(who, { kind: 'settings', data: { ended: true } })
    await expect(end(admin)).rejects.toMatchObject({ code: 'forbidden' })

    const [ended, late] = await Promise.allSettled([end(owner), say(ann, 'late')])

    expect(ended).toMatchObject({ status: 'fulfilled' })
    const refusal = { code: 'forbidden', message: 'this room has ended: it can only be read' }
    expect(late).toMatchObject({ reason: refusal })
    await expect(end(owner)).rejects.toMatchObject(refusal)
    await expect(append(owner, { kind: 'settings', data: { title: 'New' } })).rejects.toMatchObject(refusal)
    expect((await roomRow(room))?.['ended_at']).toBeGreaterThan(0)
    await member(owner, { user: owner, change: 'left' })
    expect(await memberRow(room, owner)).toBeUndefined()
  })
})

describe('what the release before has stored', () => {
  test('is numbered before the next event', async () => {
    const { room, ann, say } = await chat()
    await new Writer(store.database).append({ room: room.id, kind: 'message', sender: ann, clientId: 'a', body: 'old' })
    await store.database.execute(
      'UPDATE room_events SET changed_seq = NULL, message_no = NULL, request_hash = NULL WHERE room = ?',
      [room.id],
    )

    const next = await say(ann, 'new')

    expect(next).toMatchObject({ seq: 2, messageNo: 2 })
    expect(await row(room, { seq: 1 })).toMatchObject({ message_no: 1, changed_seq: 1 })
  })
})

describe('a registered kind', () => {
  const service = {
    name: 'service',
    hasAudiences: true,
    grants: { ...GROUP.grants, see: ['member', 'staff'], post: ['member', 'staff'] },
  } as const

  test('has an audience and changes rows of its own, in the same transaction', async () => {
    const stored: string[] = []
    const { room, ann, say } = await chat({
      kind: 'service',
      kinds: {
        policy: new Policy([service]),
        hooks: [
          async (connection, { rows }) => {
            for (const { seq, room: id } of rows)
              await connection.query('INSERT INTO mentions (user, room, seq) VALUES (42, ?, ?)', [id, seq])
            return () => stored.push('committed')
          },
        ],
      },
    })

    const note = await say(ann, 'a note', { audience: 'staff' })
    const next = await say(ann, 'for all')

    expect(note).toMatchObject({ audience: 'staff' })
    expect([note.messageNo, next.messageNo]).toEqual([undefined, 1])
    expect(await roomRow(room)).toMatchObject({ last_staff_no: 1, last_message_no: 1 })
    expect(await count('mentions', room)).toBe(2)
    expect(stored).toEqual(['committed', 'committed'])
  })

  test('whose hook fails stores nothing', async () => {
    const { room, ann, say } = await chat({
      kinds: { hooks: [() => Promise.reject(Object.assign(new Error('no'), { errno: 1366, sqlState: '22007' }))] },
    })

    await expect(say(ann, 'hello')).rejects.toMatchObject({ code: 'refused' })
    expect(await count('room_events', room)).toBe(0)
  })

  test('has events that nobody acts on or answers who may not read them', async () => {
    const { room, ann, bob, admin, say, append } = await chat({
      kind: 'service',
      kinds: { policy: new Policy([service]) },
    })
    await store.database.execute("UPDATE users SET role = 'staff' WHERE name = ?", [admin])
    const { seq: target } = await say(ann, 'before bob')
    const { seq: note } = await say(admin, 'a note', { audience: 'staff' })
    await store.database.execute('UPDATE memberships SET from_seq = 2 WHERE room = ? AND member = ?', [room.id, bob])
    const reaction = { kind: 'reaction', data: { reaction: '+1', change: 'add' } }

    for (const [sender, seq] of [
      [bob, target],
      [bob, note],
      [ann, note],
    ] as const) {
      await expect(append(sender, { ...reaction, target: seq })).rejects.toMatchObject({
        message: `${seq}: must be the seq of an event of this room`,
        field: 'target',
      })
      await expect(say(sender, 'answer', { data: { replyTo: seq } })).rejects.toMatchObject({ field: 'replyTo' })
    }
    await append(admin, { ...reaction, target: note })
    await append(ann, { ...reaction, target })
  })

  test('is needed for an audience', async () => {
    const { ann, say } = await chat()

    await expect(say(ann, 'a note', { audience: 'staff' })).rejects.toMatchObject({ field: 'audience' })
  })
})

describe('a batch', () => {
  /** Stores a batch, and returns its outcomes and the first words of its statements. */
  async function stored(events: readonly NewEvent[]) {
    const statements: string[] = []
    const { outcomes } = await store.database.useReserved(async (connection) => {
      const query = connection.query.bind(connection) as (options: { sql: string }) => unknown
      const recording = Object.assign(Object.create(connection) as PoolConnection, {
        query: (options: { sql: string }) => (statements.push(options.sql.slice(0, 6).trim()), query(options)),
      })
      return storeBatch(recording, events, {}, { rules: new Kinds(), hashKey: features.hashKey })
    })
    return { outcomes, statements }
  }

  test('of messages takes six statements, whatever its rooms and senders', async () => {
    const chats = await Promise.all(Array.from({ length: 5 }, async () => chat({ kind: 'public' })))
    const events = chats.flatMap(({ room, owner, admin, ann, bob }) =>
      [owner, admin, ann, bob].map((sender) => ({
        room: room.id,
        kind: 'message',
        sender,
        clientId: 'a',
        body: 'hello',
      })),
    )

    const { outcomes, statements } = await stored(events)

    expect(statements).toEqual(['START', 'SELECT', 'SELECT', 'INSERT', 'UPDATE', 'COMMIT'])
    expect(outcomes).toMatchObject(chats.flatMap(() => [1, 2, 3, 4].map((seq) => ({ seq, repeated: false }))))
  })

  test('of all kinds reads all that they need with one statement', async () => {
    const { room, owner, admin, ann, bob, eve, say } = await chat()
    const [edited, recalled] = [await say(ann, 'one'), await say(bob, 'two')]
    const event = (sender: string, kind: string, changes: Partial<NewEvent> = {}) => ({
      room: room.id,
      sender,
      kind,
      clientId: uniqueName('c'),
      body: '',
      ...changes,
    })

    const { outcomes, statements } = await stored([
      event(ann, 'edit', { target: edited.seq, body: 'new' }),
      event(admin, 'recall', { target: recalled.seq }),
      event(bob, 'reaction', { target: edited.seq, data: { reaction: '👍', change: 'add' } }),
      event(owner, 'member', { data: { user: eve, change: 'joined' } }),
      event(eve, 'message', { body: 'hello', data: { replyTo: edited.seq, mentions: [ann] } }),
      event(owner, 'member', { data: { user: admin, change: 'role', role: 'owner' } }),
      event(bob, 'member', { data: { user: bob, change: 'left' } }),
    ])

    expect(outcomes).toMatchObject([3, 4, 5, 6, 7, 8, 9].map((seq) => ({ seq })))
    expect(statements.slice(0, 4)).toEqual(['START', 'SELECT', 'SELECT', 'INSERT'])
    expect(statements.filter((word) => word === 'SELECT')).toHaveLength(2)
    expect(await row(room, edited)).toMatchObject({ body: 'new', reactions: '{"👍":1}' })
  })

  test('reads numbers as numbers, however many SELECTs are united', async () => {
    const { room, owner, admin, ann, bob, say, append } = await chat()
    const { seq } = await say(ann, 'one', { data: { mentions: [bob] } })
    await append(bob, { kind: 'reaction', target: seq, data: { reaction: 'x', change: 'add' } })
    await append(ann, { kind: 'edit', target: seq, body: 'two' })
    await append(admin, { kind: 'pin', target: seq, data: { change: 'add' } })
    const users = await store.database.query<Row & { id: number }>(
      'SELECT id FROM users WHERE name IN (?) ORDER BY id',
      [[ann, bob]],
    )
    await store.database.execute(
      'INSERT INTO blocks (user, blocked, created_at) VALUES (?, ?, 1)',
      users.map(({ id }) => id),
    )
    const { sql, values } = unionAll(
      partsOf({
        people: new Map([[room.id, new Set([ann, bob])]]),
        targets: new Map([[room.id, new Map([[seq, 'always' as const]])]]),
        recalled: new Map([[room.id, new Set([seq])]]),
        owned: [room.id],
        reactions: [{ room: room.id, seq, reaction: 'x', name: bob }],
        counted: [{ room: room.id, most: undefined }],
        direct: [room.id],
        mentions: [[ann, bob]],
        told: [room.id],
      }),
      NUMBERS,
    )

    const rows = await store.database.query<Row & { part: string }>(sql, values)

    expect(new Set(rows.map(({ part }) => part))).toEqual(
      new Set(['person', 'target', 'reaction', 'members', 'shut', 'block', 'told']),
    )
    const digits = rows.flatMap((each) => Object.entries(each)).filter(([, value]) => /^[0-9]+$/.test(String(value)))
    expect(digits.filter(([name, value]) => typeof value !== 'number' || !NUMBERS.has(name))).toEqual([])
    expect(rows.find(({ part, name }) => part === 'person' && name === owner)).toMatchObject({ member_role: 'owner' })
    expect(rows.find(({ part }) => part === 'target')).toMatchObject({ edits: 1, body: 'two' })
  })

  test('acknowledges what was stored before beside what is new, and numbers without a gap', async () => {
    const { room, admin, ann, bob, say, append } = await chat()
    const sent = { room: room.id, kind: 'message', sender: ann, body: 'once', clientId: 'sent' }
    const first = await say(ann, 'once', { clientId: 'sent' })
    const pin = { room: room.id, sender: admin, clientId: 'pin', body: '', kind: 'pin', target: first.seq }
    await append(admin, { ...pin, data: { change: 'add' } })
    const reaction = { ...pin, sender: bob, kind: 'reaction', clientId: 'r', data: { reaction: '👍', change: 'add' } }
    const fresh = { ...sent, clientId: 'fresh', body: 'new' }

    const { outcomes } = await stored([
      // It is pinned already, which refuses a new event.
      { ...pin, data: { change: 'add' } },
      sent,
      reaction,
      { ...sent, body: 'other' },
      fresh,
      fresh,
      reaction,
    ])

    expect(outcomes).toMatchObject([
      { seq: 2, repeated: true },
      { seq: 1, repeated: true },
      { seq: 3, repeated: false },
      'conflict',
      { seq: 4, repeated: false, messageNo: 2 },
      { seq: 4, repeated: true },
      { seq: 3, repeated: true },
    ])
    expect(await row(room, first)).toMatchObject({ reactions: '{"👍":1}' })
    expect(await roomRow(room)).toMatchObject({ last_seq: 4, last_message_no: 2, numbered_seq: 4 })
  })
})
