import { startMariaDb, type MariaDb } from '@chat-app/sandbox-servers'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Database, type Row } from '../src/store/database.ts'
import { enable, enabledAt, noteRelease, unfinished } from '../src/store/enable.ts'
import { migrate } from '../src/store/migrate.ts'
import { MIGRATIONS } from '../src/store/migrations.ts'
import { completeNumbers, lockNumbers } from '../src/store/numbering.ts'
import { inTransaction } from '../src/store/transaction.ts'
import { FormerRelease } from './former-release.ts'
import { JWT_SECRET, runCommand } from './service.ts'
import { emptyDatabase } from './store.ts'

/** More than two statements number. */
const MANY = 10_003

let mariaDb: MariaDb
let url: string
let database: Database
let former: FormerRelease

beforeAll(async () => {
  mariaDb = await startMariaDb()
})
afterAll(() => mariaDb?.stop())
beforeEach(async () => {
  url = await emptyDatabase(mariaDb)
  database = new Database({ url, maxConnections: 10 })
  former = new FormerRelease(database)
})
afterEach(() => database.close())

const migrateTo = (steps = MIGRATIONS.length) =>
  migrate(database, () => undefined, { steps: MIGRATIONS.slice(0, steps) })

const runEnable = (...options: string[]) =>
  runCommand(
    'enable',
    { ENVIRONMENT: 'local', REDIS_URL: 'redis://127.0.0.1:1', JWT_SECRET, DATABASE_URL: url },
    options,
  )

interface Rooms {
  readonly large: number
  readonly small: number
  readonly left: number
}

/** A database as release 0.1.0 leaves it. Nobody has an account `ghost`. The creator of the room `left` is no member. */
async function formerData(): Promise<Rooms> {
  await migrateTo(2)
  for (const name of ['alice', 'bob', 'carol']) await former.register(name)
  const [large, small, left] = [
    await former.createRoom('alice'),
    await former.createRoom('bob'),
    await former.createRoom('carol'),
  ]
  for (const name of ['alice', 'bob', 'ghost']) await former.join(large, name)
  for (const name of ['bob', 'alice']) await former.join(small, name)
  await former.join(left, 'bob')
  await database.execute(
    `INSERT INTO room_events (room, seq, kind, sender, client_id, body, created_at)
     SELECT ?, seq, 'message', 'alice', CONCAT('c', seq), CONCAT('text ', seq), 1000 + seq FROM seq_1_to_${MANY}`,
    [large],
  )
  await database.execute('UPDATE rooms SET last_seq = ?, changed_at = 2000 WHERE id = ?', [MANY, large])
  for (let seq = 1; seq <= 3; seq += 1) await former.send(small, 'bob', `small ${seq}`, `s${seq}`)
  await letTimePass()
  return { large, small, left }
}

/** As if everything that is stored were a minute older. */
async function letTimePass(): Promise<void> {
  await database.execute('UPDATE room_events SET created_at = created_at - 60000 WHERE created_at > 100000')
  await database.execute('UPDATE rooms SET changed_at = changed_at - 60000 WHERE changed_at > 100000')
}

/** All that `enable` may change. */
async function state(): Promise<readonly Row[][]> {
  return Promise.all(
    [
      'SELECT id, last_seq, numbered_seq, last_message_no FROM rooms ORDER BY id',
      'SELECT room, member, user, role, read_no FROM memberships ORDER BY room, member',
      'SELECT room, seq, message_no, changed_seq, sender_id FROM room_events ORDER BY room, seq',
      'SELECT name, enabled_at IS NOT NULL AS is_on FROM features',
    ].map((sql) => database.query(sql)),
  )
}

async function expectComplete({ large, small, left }: Rooms, largeSeq = MANY): Promise<void> {
  const [rooms, members, events] = await state()
  expect(rooms).toEqual([
    { id: large, last_seq: largeSeq, numbered_seq: largeSeq, last_message_no: largeSeq },
    { id: small, last_seq: 3, numbered_seq: 3, last_message_no: 3 },
    { id: left, last_seq: 0, numbered_seq: 0, last_message_no: 0 },
  ])
  const ids = await database.query<Row & { id: number; name: string }>('SELECT id, name FROM users')
  const idOf = new Map(ids.map(({ id, name }) => [name, id]))
  expect(members).toEqual(
    [
      [large, 'alice', 'owner', largeSeq],
      [large, 'bob', 'member', largeSeq],
      // Nobody is registered with this name.
      [large, 'ghost', 'member', 0],
      [small, 'alice', 'member', 3],
      [small, 'bob', 'owner', 3],
      [left, 'bob', 'member', 0],
    ].map(([room, member, role, readNo]) => ({
      room,
      member,
      user: idOf.get(String(member)) ?? null,
      role,
      read_no: readNo,
    })),
  )
  expect(events).toHaveLength(largeSeq + 3)
  expect(
    events?.filter((event) => event['message_no'] !== event['seq'] || event['changed_seq'] !== event['seq']),
  ).toEqual([])
}

describe('a database of release 0.1.0', () => {
  test('is migrated with its data, and 0.1.0 goes on reading and writing', async () => {
    const { large, small } = await formerData()

    expect(await migrateTo()).toMatchObject({ from: 2, to: MIGRATIONS.length })

    expect(await enabledAt(database)).toBeUndefined()
    expect(await former.send(small, 'alice', 'on the new schema', 'new-1')).toBe(4)
    expect(await former.send(small, 'alice', 'on the new schema', 'new-1')).toBe(4)
    expect(await former.send(small, 'bob', 'small 2', 's2')).toBe(2)
    expect(await former.read(small, 1)).toEqual(['small 2', 'small 3', 'on the new schema'])
    expect(await former.head(small)).toEqual([4, 'new-1'])
    expect(await former.head(large)).toEqual([MANY, `c${MANY}`])
    await former.register('dave')
    expect(await former.passwordHash('dave')).toBe('no hash')
    const room = await former.createRoom('dave')
    await former.join(room, 'dave')
    await former.join(room, 'dave')
    expect(await former.isMember(room, 'dave')).toBe(true)
    await former.logOut('token-1')
    expect(await former.isLoggedOut('token-1', 'alice')).toBe(true)
    const [created] = await database.query('SELECT kind, join_rule, post_rule, history_rule FROM rooms WHERE id = ?', [
      room,
    ])
    expect(created).toEqual({ kind: 'public', join_rule: 'open', post_rule: 'everyone', history_rule: 'all' })
  })

  test('is completed and switched on by the command enable, and a second run changes nothing', async () => {
    const rooms = await formerData()
    await migrateTo()
    const before = await state()

    const check = await runEnable('--check')
    expect([check.code, check.output]).toEqual([
      1,
      expect.stringContaining(`"events":${MANY + 3},"owners":2,"members":5`),
    ])
    expect(await state()).toEqual(before)

    const first = await runEnable()
    expect([first.code, first.output]).toEqual([
      0,
      expect.stringContaining(`"events":${MANY + 3},"owners":2,"members":5`),
    ])
    expect(first.output).toMatch(/"done":10003,"total":10006,"msg":"completing events"|"done":10006,"total":10006/)
    await expectComplete(rooms)
    expect(await enabledAt(database)).toBeGreaterThan(0)

    // An owner who has left since gives the room to nobody.
    await database.execute("UPDATE memberships SET role = 'member' WHERE room = ? AND role = 'owner'", [rooms.small])
    const after = await state()
    const second = await runEnable()
    expect([second.code, second.output]).toEqual([0, expect.stringContaining('"events":0,"owners":0,"members":0')])
    expect(await state()).toEqual(after)
    expect((await runEnable('--check')).code).toBe(0)
  })

  test('is not switched on while a process of 0.1.0 stores messages', async () => {
    const { small } = await formerData()
    await migrateTo()
    await former.send(small, 'alice', 'from an old process')
    const before = await state()

    const refused = await runEnable()

    expect([refused.code, refused.output]).toEqual([
      75,
      expect.stringMatching(/a process of the release before has stored a message in the room \\"room-\S+ \d+ s ago: /),
    ])
    expect(await state()).toEqual(before)

    await letTimePass()
    expect((await runEnable()).code).toBe(0)
  })

  test('is refused by enable when it was not migrated', async () => {
    await migrateTo(2)

    const { code, output } = await runEnable()

    expect([code, output]).toEqual([1, expect.stringContaining('schema version 2, at least')])
  })

  test('is complete after enable was interrupted at any point and run again, also twice at once', async () => {
    const rooms = await formerData()
    await migrateTo()
    let [interrupted, isComplete] = [0, false]
    while (!isComplete) {
      isComplete = await enable(database, () => {
        throw new Error('interrupted')
      }).then(
        () => true,
        () => false,
      )
      interrupted += isComplete ? 0 : 1
      if (interrupted === 4) {
        const other = new Database({ url, maxConnections: 4 })
        await Promise.all([enable(database), enable(other)])
        await other.close()
      }
    }

    expect(interrupted).toBeGreaterThanOrEqual(4)
    await expectComplete(rooms)
  })

  test('an empty database is switched on from the beginning', async () => {
    await migrateTo()

    expect(await enabledAt(database)).toBeGreaterThan(0)
    expect(await unfinished(database)).toEqual({ events: 0, owners: 0, members: 0 })
  })
})

test('an older release is refused once it is on', async () => {
  const older = MIGRATIONS.filter(({ name }) => name < '0005')
  const migrateOlder = (version: string) => migrate(database, () => undefined, { version, steps: older })
  await formerData()
  await migrateTo()
  await noteRelease(database, '2.0.0')
  await expect(migrateOlder('1.0.0')).resolves.toMatchObject({ to: MIGRATIONS.length })

  await enable(database)
  await noteRelease(database, '3.0.0')

  await expect(migrateOlder('1.9.9')).rejects.toThrow('needs at least version 2.0.0')
  await expect(migrateOlder('2.0.0')).resolves.toMatchObject({ minimumVersion: '2.0.0' })
})

test('a room whose events are numbered in parts numbers a new message as if all were', async () => {
  const { large } = await formerData()
  await migrateTo()
  const complete = (maxEvents?: number) =>
    inTransaction(database, async (connection) => {
      const room = await lockNumbers(connection, large)
      return room && { ...room, ...(await completeNumbers(connection, room, maxEvents)) }
    })

  const part = await complete(7)
  expect(part).toEqual({ id: large, lastSeq: MANY, numberedSeq: 7, lastMessageNo: 7 })
  // This release and the one before write in turns.
  const number = (part?.lastMessageNo ?? 0) + (MANY + 1 - (part?.numberedSeq ?? 0))
  await database.execute(
    `INSERT INTO room_events (room, seq, kind, sender, client_id, body, created_at, message_no, changed_seq)
     VALUES (?, ?, 'message', 'bob', 'new', 'new', 1, ?, ?)`,
    [large, MANY + 1, number, MANY + 1],
  )
  await database.execute('UPDATE rooms SET last_seq = ? WHERE id = ?', [MANY + 1, large])
  await former.send(large, 'alice', 'after it')

  expect(await complete()).toEqual({
    id: large,
    lastSeq: MANY + 2,
    numberedSeq: MANY + 2,
    lastMessageNo: MANY + 2,
  })
  const wrong = await database.query('SELECT seq FROM room_events WHERE room = ? AND NOT message_no <=> seq', [large])
  expect(wrong).toEqual([])
})
