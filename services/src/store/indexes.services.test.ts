import { afterAll, beforeAll, expect, test } from 'vitest'
import { Kinds } from '../kinds/kinds.ts'
import { deleteRows, firstRows, headsAfter, lockHead, noteFailure } from '../outbox/rows.ts'
import { openStore, type Store } from '../../test/store.ts'
import { AccountExport } from './account-export.ts'
import { AccountWork } from './account-work.ts'
import { Accounts } from './accounts.ts'
import { Database, type Row } from './database.ts'
import { DeviceSessions } from './device-sessions.ts'
import { Directory } from './directory.ts'
import { Events } from './events.ts'
import { expiring } from './expiry.ts'
import { Features } from './features.ts'
import { Mentions } from './mentions.ts'
import { Memberships } from './memberships.ts'
import { Outbox } from './outbox.ts'
import { People } from './people.ts'
import { purge } from './purge.ts'
import { RegistrationInvitations } from './registration-invitations.ts'
import { Reports } from './reports.ts'
import { Revocations } from './revocations.ts'
import { TokenStates } from './token-states.ts'
import { inTransaction } from './transaction.ts'
import { Users } from './users.ts'
import { Writer } from './writer.ts'

const ROOMS = 1000
const EVENTS_OF_ROOM = 1000
const USERS = 10_000
const MEMBERS_OF_ROOM = 100
/** A page has 200 events, and each may be looked at once more for what it changes. */
const MOST_ROWS = 1000
/** The worker reads pages of so many rows, which a statement may look at three times. */
const PAGE_ROWS = 1000
const FILL_TIMEOUT_MS = 300_000

let store: Store
let root: Database

beforeAll(async () => {
  store = await openStore()
  root = new Database({ url: store.mariaDb.adminUrl, maxConnections: 2 })
  await fill(store.database)
}, FILL_TIMEOUT_MS)
afterAll(async () => {
  await root.close()
  await store[Symbol.asyncDispose]()
})

/** A million events in a thousand rooms, made by the server itself. */
async function fill(database: Database): Promise<void> {
  const run = (sql: string) =>
    database.use(async (connection) => {
      await connection.query({ sql, timeout: FILL_TIMEOUT_MS })
    })
  await run(
    `INSERT INTO users (name, password_hash, created_at) SELECT CONCAT('u', seq), 'x', seq FROM seq_1_to_${USERS}`,
  )
  await run(
    `INSERT INTO sessions (id, user, generation, refresh_hash, created_at, refreshed_at, expires_at)
     SELECT LPAD(id, 22, '0'), id, 0, REPEAT('x', 32), 1, 1, 9999999999999 FROM users`,
  )
  await run(
    `INSERT INTO revocations (kind, subject, created_at, expires_at)
     SELECT 'token', seq, 1, 9999999999999 FROM seq_1_to_${USERS}`,
  )
  await run(
    `INSERT INTO rooms (slug, channel, title, created_by, created_at, epoch, last_seq, numbered_seq, last_message_no, changed_at)
     SELECT CONCAT('r', seq), LPAD(seq, 16, '0'), 'Room', 'u1', seq, 1, ${EVENTS_OF_ROOM}, ${EVENTS_OF_ROOM}, ${EVENTS_OF_ROOM}, seq
     FROM seq_1_to_${ROOMS}`,
  )
  await run(
    `INSERT INTO memberships (room, member, user, joined_at)
     SELECT rooms.id, users.name, users.id, 1 FROM rooms
     JOIN users ON users.id % ${USERS / MEMBERS_OF_ROOM} = rooms.id % ${USERS / MEMBERS_OF_ROOM}`,
  )
  for (let first = 1; first <= ROOMS; first += 100) {
    await run(
      `INSERT INTO room_events (room, seq, kind, sender, client_id, body, created_at, message_no, changed_seq)
       SELECT rooms.id, number.seq, 'message', 'u1', CONCAT('c', number.seq), 'text', 1, number.seq, number.seq
       FROM rooms JOIN seq_1_to_${EVENTS_OF_ROOM} AS number
       WHERE rooms.id BETWEEN (SELECT MIN(id) FROM rooms) + ${first - 1} AND (SELECT MIN(id) FROM rooms) + ${first + 98}`,
    )
  }
  await run(
    `INSERT INTO mentions (user, room, seq, created_at)
     SELECT own.user, own.room, number.seq, number.seq FROM memberships AS own JOIN seq_1_to_900 AS number
     WHERE own.member = 'u7'`,
  )
  await run(
    `INSERT INTO mentions (user, room, seq, created_at)
     SELECT 0, rooms.id, number.seq, number.seq FROM rooms JOIN seq_1_to_100 AS number`,
  )
  await run(
    `INSERT INTO reports (room, seq, user, reason, created_at)
     SELECT rooms.id, number.seq, 7, 'x', 1 FROM rooms JOIN seq_1_to_100 AS number`,
  )
  await run('ANALYZE TABLE mentions, reports, users, sessions, revocations, rooms, memberships, room_events')
}

/** Everything that the services ask the database while people chat. */
async function chat(database: Database): Promise<void> {
  const features = new Features(database)
  await features.load()
  const rules = new Kinds()
  const writer = new Writer(database, { context: () => ({ rules, hashKey: features.hashKey }) })
  const events = new Events(database)
  const { rooms } = store
  const room = await rooms.key('r500')
  const [member] = await database.query<Row & { member: string }>(
    'SELECT member FROM memberships WHERE room = ? LIMIT 1',
    [room.id],
  )
  const sender = member?.member ?? ''
  const { seq: target } = await writer.append({
    room: room.id,
    kind: 'message',
    sender,
    clientId: 'new',
    body: 'hello',
  })
  const about = { room: room.id, sender, body: '', target }
  await writer.append({ ...about, kind: 'edit', clientId: 'edit', body: 'hallo' })
  await writer.append({ ...about, kind: 'reaction', clientId: 'react', data: { reaction: 'ok', change: 'add' } })
  await writer.append({ ...about, kind: 'recall', clientId: 'recall' })
  await writer.repeat({ room: room.id, kind: 'message', sender, clientId: 'new', body: 'hello' })
  await events.after(room.id, 500)
  await events.page(room.id, 500, 700)
  const reader = { userId: 7, isStaff: false, fromSeq: 100 }
  await events.readable(room.id, 500, 200, reader)
  await events.history(room.id, 500, 200, reader)
  await events.changes(room.id, 900, 900, reader)
  await events.messagesFrom(room.id, 500, 200, reader)
  await database.execute("UPDATE rooms SET kind = 'new' WHERE id = ?", [room.id])
  await events.history(room.id, 500, 200, reader)
  await rooms.heads([room.id])
  await rooms.changed(10_000, 100)
  await rooms.raiseEpoch(room.id, 1, 10)
  await new Memberships(database).of(room, sender)
  await new Memberships(database).enrol(room, 'u7')
  await listMentions(database)
  await listOthers(database)
  await logIn(database, sender)
}

/** People whose names begin as those of 10,000, and reports among 100,000. */
async function listOthers(database: Database): Promise<void> {
  expect(await new People(database).find(7, 'u', 50)).toHaveLength(50)
  const reports = new Reports(database)
  expect((await reports.page(false, undefined, 50)).reports).toHaveLength(50)
  expect((await reports.page(true, undefined, 50)).reports).toHaveLength(0)
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}

/** What is read of accounts that end, and of their owners. The first user has sent all of the events. */
async function endAccounts(database: Database): Promise<void> {
  const work = new AccountWork(database)
  const user = { id: 1, name: 'u1', isDeleted: true, isSettled: true, recallsMessages: true, at: 0 }
  const { id: room } = await store.rooms.key('r500')
  expect(await work.sent(user, room, 'c1', 100)).toHaveLength(100)
  await work.joined(user, 0, 100)
  expect(await all(work.written(user, 0))).toHaveLength(ROOMS)
  expect(
    await new People(database).senders(room, { userId: 7, isStaff: false, fromSeq: 1 }, ['u1', 'u2', 'u3']),
  ).toHaveLength(1)
  const { id = 0 } = (await new Users(database).credentials('u7')) ?? {}
  const parts = await all(new AccountExport(database).of({ id, name: 'u7' }))
  expect(new Set(parts.map(({ part }) => part))).toEqual(new Set(['account', 'session', 'report', 'room']))
  await database.execute("UPDATE users SET role = 'staff' WHERE id = 1")
  const invitations = new RegistrationInvitations(database)
  await invitations.add(1, { uses: 1, lengthMs: 1000 })
  expect((await invitations.page(undefined, 50)).invitations).toHaveLength(1)
}

/** Mentions of a user among 100,000, from page to page. */
async function listMentions(database: Database): Promise<void> {
  const mentions = new Mentions(database)
  const { id: userId = 0 } = (await new Users(database).credentials('u7')) ?? {}
  const asker = { user: 'u7', userId, role: 'user' }
  const first = await mentions.page(asker, undefined, 20)
  expect(first.mentions).toHaveLength(20)
  expect((await mentions.page(asker, first.next, 20)).mentions).toHaveLength(20)
}

/** What the sessions of users ask. */
async function logIn(database: Database, name: string): Promise<void> {
  const [users, devices, states] = [new Users(database), new DeviceSessions(database), new TokenStates(database)]
  const { id: userId = 0, generation = 0, passwordHash = '' } = (await users.credentials(name)) ?? {}
  const refreshHash = Buffer.alloc(32)
  const device = { refreshHash, deviceHash: undefined, deviceName: undefined, address: '::1', lengthMs: 86_400_000 }
  const { id: sessionId } = await devices.open({ userId, generation, ...device })
  await states.find({ user: name, tokenId: sessionId, sessionId })
  await devices.refresh(sessionId, '::1', () => ({ kind: 'next', hash: refreshHash }))
  expect(await devices.list(userId)).toHaveLength(2)
  const accounts = new Accounts(database, { sessionMs: 1, deletedMessages: 'keep' })
  await accounts.changePassword({ id: userId, name, session: sessionId }, passwordHash, 'y')
  expect(await states.openSessions([name])).toEqual(new Set([sessionId]))
  await devices.end(sessionId, userId)
  const act = { userId: 1, user: 'u1', role: 'admin', address: '::1', reason: 'x' } as const
  expect(await accounts.ban(name, undefined, act)).toBe('done')
  await accounts.unban(name, act)
  const revocations = new Revocations(database)
  await revocations.added(10_000, 100)
  await revocations.purge()
}

test('every statement reads few of a million events', async () => {
  await root.execute("SET GLOBAL log_output = 'TABLE'")
  await root.execute('SET GLOBAL long_query_time = 0')
  await root.execute('SET GLOBAL slow_query_log = ON')
  // The settings hold for connections that are opened after them.
  const watched = new Database({ url: store.mariaDb.url, maxConnections: 5 })

  await chat(watched)
  await watched.close()

  const statements = await root.query<Row & { sql_text: Buffer | string; rows_examined: number }>(
    'SELECT sql_text, rows_examined FROM mysql.slow_log',
  )
  const seen = statements.map(({ sql_text: sql, rows_examined: rows }) => ({ sql: String(sql), rows }))
  expect(seen.filter(({ rows }) => rows > MOST_ROWS)).toEqual([])
  expect(seen.filter(({ sql }) => sql.includes('room_events')).length).toBeGreaterThan(10)
})

const fail = (error: unknown) => {
  throw error
}

/** Everything that the worker asks the database. */
async function work(database: Database): Promise<void> {
  const search = { name: 'search', kinds: ['message'] }
  await new Outbox([search], { maxRows: PAGE_ROWS }).measure(database)
  const [head] = await headsAfter(database, search.name, 0)
  expect(await headsAfter(database, search.name, head?.room ?? 0)).toHaveLength(2)
  await inTransaction(database, async (connection) => {
    expect(head && (await lockHead(connection, head))).toBe(true)
    const rows = await firstRows(connection, search.name, head?.room ?? 0, 20)
    await deleteRows(
      connection,
      rows.map(({ id }) => id),
    )
    await noteFailure(connection, { id: (head?.id ?? 0) + 20, pauseMs: 1, mostAttempts: 10, givenUp: true })
  })
  const expired = []
  for await (const range of expiring(database, fail)) expired.push(range)
  expect(expired).toHaveLength(2)
  const purged = []
  for await (const [what, rows] of purge(database, fail)) if (rows > 0) purged.push(what)
  expect(purged).toEqual([])
}

test('every statement of the worker, of accounts that end, and of a search for rooms, reads few of a million events, and of 100,000 rows of the outbox', async () => {
  await store.database.execute(
    `INSERT INTO outbox (consumer, room, epoch, seq, kind, audience, created_at)
     SELECT 'search', rooms.id, 1, number.seq, 'message', 'all', 4000000000000 FROM rooms JOIN seq_1_to_100 AS number`,
  )
  await store.database.execute("UPDATE rooms SET expire_after_seconds = 60 WHERE slug IN ('r300', 'r700')")
  await root.execute('ANALYZE TABLE rooms, outbox')
  await root.execute('TRUNCATE mysql.slow_log')
  const watched = new Database({ url: store.mariaDb.url, maxConnections: 5 })

  await work(watched)
  await endAccounts(watched)
  expect((await new Directory(watched).page('r499', undefined, 50)).rooms).toHaveLength(1)
  await watched.close()

  const statements = await root.query<Row & { sql_text: Buffer | string; rows_examined: number }>(
    'SELECT sql_text, rows_examined FROM mysql.slow_log',
  )
  const seen = statements.map(({ sql_text: sql, rows_examined: rows }) => ({ sql: String(sql), rows }))
  expect(seen.filter(({ rows }) => rows > 3 * PAGE_ROWS)).toEqual([])
  expect(seen.filter(({ sql }) => sql.includes('outbox')).length).toBeGreaterThan(10)
})
