import { fileURLToPath } from 'node:url'
import { startRedis, type RedisServer } from '@chat-app/sandbox-servers'
import { eventually } from '@chat-app/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { expireMessages, purgeOld } from '../src/commands/chores.ts'
import { Kinds } from '../src/kinds/kinds.ts'
import { statement, type Row } from '../src/store/database.ts'
import type { ExpiredEvent } from '../src/store/expiry.ts'
import { insertOutbox, Outbox } from '../src/store/outbox.ts'
import { inTransaction } from '../src/store/transaction.ts'
import { Writer } from '../src/store/writer.ts'
import { JWT_SECRET, startService } from './service.ts'
import { openStore, type Store } from './store.ts'

const DAY_MS = 86_400_000
const NOW = 'CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS UNSIGNED)'

let store: Store
let redis: RedisServer

beforeAll(async () => {
  ;[store, redis] = await Promise.all([openStore(), startRedis()])
})
afterAll(async () => {
  await store?.[Symbol.asyncDispose]()
  await redis?.stop()
})
const TABLES = ['rooms', 'room_events', 'former_texts', 'reactions', 'mentions', 'inbox', 'sessions', 'outbox']
beforeEach(async () => {
  for (const table of TABLES) await store.database.execute(`DELETE FROM ${table}`)
})

/** A room with messages `old` days old, the first ones, and of now. */
async function room(expireAfterSeconds: number | null, old: number, fresh: number): Promise<number> {
  const { id } = await store.room()
  await store.database.execute(
    `INSERT INTO room_events (room, seq, kind, sender, client_id, body, data, created_at, message_no, changed_seq, reactions)
     SELECT ?, seq, 'message', 'alice', CONCAT('c', seq), 'the secret text', '{"mentions":["bob"]}',
       ${NOW} - IF(seq <= ?, ${2 * DAY_MS}, 0), seq, seq, '{"+1":1}' FROM seq_1_to_${old + fresh}`,
    [id, old],
  )
  for (const table of ['former_texts (room, seq, edit_seq, body)', 'reactions (room, seq, user, reaction, created_at)'])
    await store.database.execute(
      `INSERT INTO ${table} SELECT room, seq, 7, 'the secret text before'${table.startsWith('r') ? ', 1' : ''}
       FROM room_events WHERE room = ?`,
      [id],
    )
  await store.database.execute(
    'INSERT INTO mentions (room, seq, user) SELECT room, seq, 7 FROM room_events WHERE room = ?',
    [id],
  )
  await store.database.execute(
    'UPDATE rooms SET last_seq = ?, last_message_no = ?, numbered_seq = ?, expire_after_seconds = ? WHERE id = ?',
    [old + fresh, old + fresh, old + fresh, expireAfterSeconds, id],
  )
  return id
}

const rules = new Kinds()
const append = (event: ExpiredEvent) => new Writer(store.database, { context: () => ({ rules }) }).append(event)
const services = (isOn = true) => ({ database: store.database, features: { isOn } })

const rows = (sql: string, ...values: unknown[]) => store.database.query<Row>(sql, values)
const seqsOf = async (table: string, id: number, condition = 'TRUE') =>
  (await rows(`SELECT seq FROM ${table} WHERE room = ? AND ${condition} ORDER BY seq`, id)).map((row) =>
    Number(row['seq']),
  )
const range = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, index) => first + index)
const fail = (error: unknown) => {
  throw error
}
const never = new AbortController().signal
const quiet = { signal: never, onError: fail }

describe('messages that have expired', () => {
  test('are emptied in ranges of 1000, with all that they had said, and others stay', async () => {
    const id = await room(DAY_MS / 1000, 2100, 3)
    const other = await room(null, 5, 0)
    const events: ExpiredEvent[] = []

    await expireMessages(services(), (event) => (events.push(event), append(event)), quiet)

    expect(events.map(({ data: { upTo }, clientId }) => [upTo, clientId])).toEqual([
      [1000, 'expired.1000'],
      [2000, 'expired.2000'],
      [2100, 'expired.2100'],
    ])
    const emptied = `body = '' AND data IS NULL AND reactions IS NULL AND expired_at > 0`
    expect(await seqsOf('room_events', id, emptied)).toEqual(range(1, 2100))
    expect(await seqsOf('room_events', id, `body = 'the secret text' AND expired_at IS NULL`)).toEqual([
      2101, 2102, 2103,
    ])
    for (const table of ['former_texts', 'reactions', 'mentions']) {
      expect([table, await seqsOf(table, id)]).toEqual([table, [2101, 2102, 2103]])
      expect([table, await seqsOf(table, other)]).toEqual([table, range(1, 5)])
    }
    expect(await seqsOf('room_events', other, `body = 'the secret text'`)).toEqual(range(1, 5))
    expect(await rows('SELECT expired_seq, expired_no FROM rooms WHERE id = ?', id)).toEqual([
      { expired_seq: 2100, expired_no: 2100 },
    ])
  })

  test('are found once, however often and by however many they are searched', async () => {
    const id = await room(60, 1500, 1)
    let appended = 0
    const count = async (event: ExpiredEvent) => {
      const outcome = await append(event)
      appended += outcome.repeated ? 0 : 1
      return outcome
    }

    await Promise.all([1, 2, 3].map(() => expireMessages(services(), count, quiet)))
    await expireMessages(services(), count, quiet)

    expect(appended).toBe(2)
    expect(await seqsOf('room_events', id, `kind = 'expired'`)).toEqual([1502, 1503])
  })

  test('need one event, which needs none when it is old itself', async () => {
    const id = await room(60, 3, 0)
    const age = () => rows('UPDATE room_events SET created_at = created_at - ? WHERE room = ?', DAY_MS, id)

    for (let pass = 1; pass <= 4; pass += 1) {
      await expireMessages(services(), append, quiet)
      await age()
    }

    expect(await seqsOf('room_events', id)).toEqual([1, 2, 3, 4])
    expect(await rows('SELECT expired_seq, expired_no FROM rooms WHERE id = ?', id)).toEqual([
      { expired_seq: 4, expired_no: 3 },
    ])
  })

  test('of a room whose event is refused keep their texts, and those of other rooms go', async () => {
    const [sick, other] = [await room(60, 3, 0), await room(60, 1500, 0)]
    const errors: unknown[] = []
    const failing = (event: ExpiredEvent) => (event.room === sick ? Promise.reject(new Error('sick')) : append(event))

    await expireMessages(services(), failing, { signal: never, onError: (error) => errors.push(error) })

    expect(await seqsOf('room_events', other, 'expired_at > 0')).toEqual(range(1, 1500))
    expect(await seqsOf('room_events', sick, 'expired_at > 0')).toEqual([])
    expect(new Set(errors.map(String))).toEqual(new Set(['Error: sick']))
  })

  test('keep their texts while processes of the release before may run', async () => {
    await room(60, 3, 0)
    await expireMessages(services(false), () => expect.unreachable(), quiet)
  })
})

describe('the purge', () => {
  test('removes messages that were emptied 30 days ago and what changed them, in order', async () => {
    const id = await room(60, 1203, 0)
    await expireMessages(services(), append, quiet)
    // The events that emptied them are the last ones. Event 3 is of a member, event 4 is an edit of event 1.
    await store.database.execute(
      `UPDATE room_events SET kind = 'member', expired_at = NULL WHERE room = ? AND seq = 3`,
      [id],
    )
    await store.database.execute(
      `UPDATE room_events SET kind = 'edit', expired_at = NULL, target = 1 WHERE room = ? AND seq IN (4, 1202)`,
      [id],
    )
    await store.database.execute(
      `UPDATE room_events SET expired_at = ${NOW} - IF(seq <= 1200, ${31 * DAY_MS}, ${29 * DAY_MS})
       WHERE room = ? AND expired_at IS NOT NULL`,
      [id],
    )

    const purged = new Map<string, number>()
    await purgeOld(store.database, (what, count) => purged.set(what, (purged.get(what) ?? 0) + count), quiet)

    expect(await seqsOf('room_events', id)).toEqual([3, 1201, 1202, 1203, 1204, 1205])
    expect(purged).toEqual(new Map([['events', 1199]]))
  })

  test('removes what let messages expire, but for the last one', async () => {
    const id = await room(60, 1, 0)
    await rows(
      `INSERT INTO room_events (room, seq, kind, sender, client_id, body, data, created_at, expired_at, changed_seq)
       SELECT ?, seq, IF(seq % 2, 'message', 'expired'), 'system', CONCAT('c', seq), '', NULL, ${NOW} - ${31 * DAY_MS},
         IF(seq % 2, ${NOW} - ${31 * DAY_MS}, NULL), seq FROM seq_2_to_2200`,
      id,
    )
    await rows('UPDATE room_events SET expired_at = 1 WHERE room = ? AND seq = 1', id)
    await rows('UPDATE rooms SET expired_seq = 2200, last_seq = 2200 WHERE id = ?', id)

    await purgeOld(store.database, () => undefined, quiet)

    expect(await seqsOf('room_events', id)).toEqual([2200])
  })

  test('goes on after a kind of rows that cannot be removed', async () => {
    const id = await room(null, 2, 0)
    await rows('UPDATE room_events SET recalled_at = 1 WHERE room = ? AND seq = 1', id)
    await rows(`INSERT INTO inbox (user, no, kind, created_at) VALUES (1, 1, 'notice', 1)`)
    await rows(
      `CREATE TRIGGER sick BEFORE DELETE ON inbox FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'sick'`,
    )
    const errors: unknown[] = []

    await purgeOld(store.database, () => undefined, { signal: never, onError: (error) => errors.push(error) })
    await rows('DROP TRIGGER sick')

    expect(errors).toMatchObject([{ message: 'sick' }])
    expect(await seqsOf('former_texts', id)).toEqual([2])
  })

  test('removes what is old of the inbox, the outbox and the sessions, and keeps the rest', async () => {
    const id = await room(null, 2, 0)
    const database = store.database
    const ages = [29, 31, 32].map((days) => `${NOW} - ${days * DAY_MS}`)
    for (const [index, age] of ages.entries()) {
      await database.execute(`INSERT INTO inbox (user, no, kind, created_at) VALUES (1, ?, 'notice', ${age})`, [index])
      await database.execute(
        `INSERT INTO outbox (consumer, room, epoch, seq, kind, audience, created_at)
         VALUES ('gone', 1, 1, ?, 'message', 'all', ${age})`,
        [index],
      )
      await database.execute(
        `INSERT INTO sessions (id, user, generation, refresh_hash, created_at, refreshed_at, expires_at)
         VALUES (?, 1, 0, '', 1, 1, ${age} + ${30 * DAY_MS})`,
        [`session-${index}`],
      )
    }
    await database.execute('UPDATE room_events SET recalled_at = 1 WHERE room = ? AND seq = 1', [id])

    const purged = new Map<string, number>()
    await purgeOld(database, (what, count) => purged.set(what, (purged.get(what) ?? 0) + count), quiet)

    expect(await rows('SELECT no FROM inbox')).toEqual([{ no: 0 }])
    expect(await rows('SELECT seq FROM outbox')).toEqual([{ seq: 0 }])
    expect(await rows('SELECT id FROM sessions')).toEqual([{ id: 'session-0' }])
    expect(await seqsOf('former_texts', id)).toEqual([2])
    expect(purged).toEqual(
      new Map([
        ['inbox', 2],
        ['sessions', 2],
        ['outbox', 2],
        ['formerTexts', 1],
      ]),
    )
  })
})

test('the command worker serves its health and metrics, and ends with 0 after SIGTERM', async () => {
  const worker = await startService('worker', { DATABASE_URL: store.mariaDb.url, REDIS_URL: redis.url, JWT_SECRET })

  expect(await worker.health()).toMatchObject({ status: 200, body: { components: { db: { status: 'UP' } } } })
  const text = await (await fetch(worker.metricsUrl())).text()
  for (const name of [
    'chat_outbox_rows',
    'chat_outbox_age_seconds',
    'chat_outbox_dropped_total',
    'chat_purged_rows_total',
  ])
    expect(text).toContain(`# TYPE ${name} `)
  worker.kill('SIGTERM')

  expect(await worker.exited()).toBe(0)
  const steps = [...worker.output().matchAll(/"step":"([^"]+)"/g)].map(([, step]) => step)
  expect(steps).toEqual(['not ready', 'finish work', 'write', 'close'])
})

test('what workers tell another system arrives once and in order, however often they are killed', async () => {
  const [all, seqs] = [range(1, 25), range(1, 80)]
  await store.database.execute(
    `CREATE TABLE heard (no BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, room BIGINT NOT NULL, epoch INT NOT NULL,
       seq BIGINT NOT NULL, body TEXT NOT NULL, UNIQUE KEY heard_event (room, epoch, seq))`,
  )
  const outbox = new Outbox([{ name: 'other', kinds: ['message'] }])
  for (const id of all) {
    const events = seqs.map((seq) => ({ room: id, epoch: 1, seq, kind: 'message', at: seq }))
    await inTransaction(store.database, async (connection) => {
      await statement(
        connection,
        'INSERT INTO room_events (room, seq, kind, sender, client_id, body, created_at) VALUES ?',
        [events.map(({ seq }) => [id, seq, 'message', 'alice', `c${seq}`, `text ${seq}`, seq])],
      )
      await insertOutbox(connection, outbox.rowsFor(events))
    })
  }
  const env = { DATABASE_URL: store.mariaDb.url, REDIS_URL: redis.url, JWT_SECRET }
  const program = fileURLToPath(new URL('worker-with-consumer.ts', import.meta.url))
  const heard = async () => Number((await rows('SELECT COUNT(*) AS heard FROM heard'))[0]?.['heard'])
  await using ends = new AsyncDisposableStack()
  const workers = await Promise.all([1, 2].map(() => startService('worker', env, program)))
  for (const worker of workers) ends.defer(() => worker.stop())

  let killed = 0
  for (const worker of [...workers, ...workers]) {
    const before = await heard()
    if (before === all.length * seqs.length) break
    await eventually(async () => (await heard()) > before, { everyMs: 10 })
    await worker.stop()
    killed += 1
    await worker.restart()
  }
  await eventually(async () => (await rows('SELECT id FROM outbox LIMIT 1')).length === 0)

  expect(killed).toBeGreaterThan(0)
  const order = await rows('SELECT room, seq, body FROM heard ORDER BY room, no')
  expect(order).toEqual(all.flatMap((id) => seqs.map((seq) => ({ room: id, seq, body: `text ${seq}` }))))
})
