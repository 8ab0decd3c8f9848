import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openStore, type Store } from '../../test/store.ts'
import { eventually } from '@chat-app/testing'
import { AppError } from '../support/errors.ts'
import { statement, Database, type Row } from './database.ts'
import { Events } from './events.ts'
import { Revocations } from './revocations.ts'
import { Rooms, type RoomKey } from './rooms.ts'
import { Writer } from './writer.ts'

let store: Store
let events: Events

beforeAll(async () => {
  store = await openStore()
  events = new Events(store.database)
})
afterAll(() => store[Symbol.asyncDispose]())

const message = (room: RoomKey, clientId: string, body = clientId, sender = 'alice') => ({
  room: room.id,
  kind: 'message',
  sender,
  clientId,
  body,
})

async function bodies(room: RoomKey): Promise<string[]> {
  return (await events.after(room.id, 0)).map(({ body }) => body)
}

describe('a room', () => {
  test('numbers its messages from 1 in the order of the calls', async () => {
    const room = await store.room()
    const writer = new Writer(store.database)

    const positions = await Promise.all(['a', 'b', 'c'].map((id) => writer.append(message(room, id))))

    expect(positions.map(({ seq }) => seq)).toEqual([1, 2, 3])
    expect(await bodies(room)).toEqual(['a', 'b', 'c'])
    expect(await store.rooms.heads([room.id])).toMatchObject([{ lastSeq: 3 }])
  })

  test('gives one number to one client id, in the same batch and later', async () => {
    const room = await store.room()
    const writer = new Writer(store.database)

    const [first, twin] = await Promise.all([
      writer.append(message(room, 'once')),
      writer.append(message(room, 'once')),
    ])
    const later = await new Writer(store.database).append(message(room, 'once'))

    expect([first?.seq, twin?.seq, later.seq]).toEqual([1, 1, 1])
    expect([first?.repeated, twin?.repeated, later.repeated]).toEqual([false, true, true])
    expect(later.at).toBe(first?.at)
    expect(await bodies(room)).toEqual(['once'])
  })

  test.for([
    ['body', { body: 'changed' }],
    ['body that differs by a trailing space', { body: 'once ' }],
    ['kind', { kind: 'edit' }],
  ] as const)('refuses a client id with another %s, in the same batch and later', async ([, change]) => {
    const room = await store.room()
    const writer = new Writer(store.database)

    const [first, second, third] = await Promise.allSettled([
      writer.append(message(room, 'once')),
      writer.append({ ...message(room, 'once'), ...change }),
      writer.append(message(room, 'next')),
    ])
    const later = new Writer(store.database).append({ ...message(room, 'once'), ...change })

    expect(first).toMatchObject({ value: { seq: 1 } })
    expect(second).toMatchObject({ reason: { code: 'conflict', field: 'clientId' } })
    expect(third).toMatchObject({ value: { seq: 2 } })
    await expect(later).rejects.toMatchObject({ code: 'conflict' })
    expect(await bodies(room)).toEqual(['once', 'next'])
  })

  test('has times that never go back, although the clock of the database does', async () => {
    const [room, other] = [await store.room(), await store.room()]
    const database = new Database({ url: store.mariaDb.url, maxConnections: 5 })
    const use = database.useReserved.bind(database)
    let clockSeconds = 1_900_000_000
    database.useReserved = (work) =>
      use(async (connection) => {
        await statement(connection, 'SET TIMESTAMP = ?', [clockSeconds])
        return work(connection)
      })
    const writer = new Writer(database, { lanes: 1 })

    const before = await writer.append(message(room, 'before'))
    clockSeconds -= 3600
    const [after, elsewhere] = await Promise.all([
      writer.append(message(room, 'after')),
      writer.append(message(other, 'elsewhere')),
    ])
    clockSeconds += 7200
    const later = await writer.append(message(room, 'later'))
    await database.close()

    expect(before.at).toBe(1_900_000_000_000)
    expect(after.at).toBe(before.at)
    expect(elsewhere.at).toBe(before.at - 3_600_000)
    expect(later.at).toBe(before.at + 3_600_000)
    const stored = await events.after(room.id, 0)
    expect(stored.map(({ at }) => at)).toEqual([before.at, after.at, later.at])
    const [row] = await store.database.query<Row & { changed_at: number }>(
      'SELECT changed_at FROM rooms WHERE id = ?',
      [room.id],
    )
    expect(row?.changed_at).toBe(later.at)
  })

  test('numbers the same client id of two senders, and of two rooms, separately', async () => {
    const [one, two] = [await store.room(), await store.room()]
    const writer = new Writer(store.database)

    const positions = await Promise.all([
      writer.append(message(one, 'id', 'x', 'alice')),
      writer.append(message(one, 'id', 'y', 'bob')),
      writer.append(message(two, 'id', 'z', 'alice')),
    ])

    expect(positions.map(({ seq }) => seq)).toEqual([1, 2, 1])
  })

  test('has no gap when several processes write to many rooms at once', async () => {
    const rooms = await Promise.all(Array.from({ length: 6 }, () => store.room()))
    const writers = [new Writer(store.database), new Writer(store.database), new Writer(store.database)]

    const positions = await Promise.all(
      Array.from({ length: 900 }, (_, i) => {
        const room = rooms[(i * 7) % rooms.length] as RoomKey
        return (writers[i % writers.length] as Writer).append(message(room, `id-${i}`))
      }),
    )

    expect(positions.every(({ repeated }) => !repeated)).toBe(true)
    for (const room of rooms) {
      const seqs = (await events.after(room.id, 0)).map(({ seq }) => seq)
      expect(seqs).toEqual(Array.from({ length: 150 }, (_, i) => i + 1))
    }
  })

  test('keeps every text unchanged', async () => {
    const room = await store.room()
    const texts = [
      'NUL \0 here',
      `'; DROP TABLE rooms; --`,
      '\\" \\0 %s ${x}',
      '𝄞 emoji 👩‍👩‍👧 汉字',
      ' trailing ',
      '\u2028\r\n\t',
    ]
    const writer = new Writer(store.database)

    await Promise.all(texts.map((text, i) => writer.append(message(room, `t${i}`, text))))

    expect(await bodies(room)).toEqual(texts)
  })

  test('that does not exist fails only the messages to it', async () => {
    const room = await store.room()
    const writer = new Writer(store.database, { lanes: 1 })

    const [good, bad] = await Promise.allSettled([
      writer.append(message(room, 'good')),
      writer.append({ ...message(room, 'bad'), room: 987_654_321 }),
    ])

    expect(good).toMatchObject({ status: 'fulfilled', value: { seq: 1 } })
    expect(bad).toMatchObject({ status: 'rejected', reason: { code: 'not_found' } })
  })
})

describe('a batch', () => {
  test('has the messages that queued while the previous one was in flight', async () => {
    const room = await store.room()
    const rows: number[] = []
    const writer = new Writer(store.database, { onBatch: (batch) => rows.push(batch.rows), maxBatchRows: 100 })

    await Promise.all(Array.from({ length: 250 }, (_, i) => writer.append(message(room, `b${i}`))))

    expect(rows).toEqual([100, 100, 50])
  })

  test('loses only its poisoned message, and keeps the order of the others', async () => {
    const room = await store.room()
    const writer = new Writer(store.database)
    const ids = Array.from({ length: 40 }, (_, i) => `p${i}`)

    // 65 characters do not fit the column, which only the database checks.
    const results = await Promise.allSettled(
      ids.map((id, i) => writer.append(message(room, id, id, i === 17 || i === 30 ? 'x'.repeat(65) : 'alice'))),
    )

    const refused = results.flatMap((result, i) => (result.status === 'rejected' ? [i] : []))
    expect(refused).toEqual([17, 30])
    expect(results[17]).toMatchObject({ reason: { code: 'refused' } })
    expect(await bodies(room)).toEqual(ids.filter((_, i) => i !== 17 && i !== 30))
    expect(await store.rooms.heads([room.id])).toMatchObject([{ lastSeq: 38 }])
  })

  test('waits for a row that another transaction locks, and is retried after the time-out', async () => {
    const room = await store.room()
    const troubles: string[] = []
    const writer = new Writer(store.database, { onTrouble: ({ message }) => troubles.push(message) })

    const held = await hold(room)
    const sent = [writer.append(message(room, 'first')), writer.append(message(room, 'second'))]
    await eventually(() => expect(troubles.join()).toContain('Lock wait timeout'))
    await held.release()

    expect((await Promise.all(sent)).map(({ seq }) => seq)).toEqual([1, 2])
    expect(await bodies(room)).toEqual(['first', 'second'])
  })

  test('is retried as a whole after a deadlock', async () => {
    const [one, two] = [await store.room(), await store.room()]
    const troubles: string[] = []
    const writer = new Writer(store.database, { lanes: 1, onTrouble: ({ message }) => troubles.push(message) })

    // The batch locks the rooms in the order of their ids; this transaction locks them in the opposite order.
    const deadlock = store.database.use(async (connection) => {
      await statement(connection, 'START TRANSACTION')
      await statement(connection, 'SELECT id FROM rooms WHERE id = ? FOR UPDATE', [two.id])
      // It has more rows than the batch, so the server rolls back the batch and not this transaction.
      for (let i = 0; i < 20; i += 1) {
        await statement(connection, 'INSERT INTO memberships (room, member, joined_at) VALUES (?, ?, 1)', [
          one.id,
          `m${i}`,
        ])
      }
      const sent = Promise.all([writer.append(message(one, 'x')), writer.append(message(two, 'y'))])
      await eventually(() => waitingFor(one))
      await statement(connection, 'SELECT id FROM rooms WHERE id = ? FOR UPDATE', [one.id])
      await statement(connection, 'COMMIT')
      return sent
    })

    expect((await deadlock).map(({ seq }) => seq)).toEqual([1, 1])
    expect(troubles.join()).toContain('Deadlock')
    expect([await bodies(one), await bodies(two)]).toEqual([['x'], ['y']])
  })

  /** Throws until the batch has locked `room`. */
  async function waitingFor(room: RoomKey): Promise<void> {
    await expect(
      store.database.query('SELECT id FROM rooms WHERE id = ? FOR UPDATE NOWAIT', [room.id]),
    ).rejects.toThrow('Lock wait timeout')
  }

  async function hold(room: RoomKey): Promise<{ release: () => Promise<void> }> {
    const released = Promise.withResolvers<void>()
    const locked = Promise.withResolvers<void>()
    const done = store.database.use(async (connection) => {
      await statement(connection, 'START TRANSACTION')
      await statement(connection, 'SELECT id FROM rooms WHERE id = ? FOR UPDATE', [room.id])
      locked.resolve()
      await released.promise
      await statement(connection, 'ROLLBACK')
    })
    await locked.promise
    return { release: async () => (released.resolve(), done) }
  }
})

describe('a commit whose answer was lost', () => {
  test('is repeated, and nothing is stored twice', async () => {
    const room = await store.room()
    const database = new Database({ url: store.mariaDb.url, maxConnections: 4 })
    let cuts = 0
    cutAfterCommit(database, () => (cuts += 1) <= 2)
    const writer = new Writer(database)

    const positions = await Promise.all(['a', 'b', 'c'].map((id) => writer.append(message(room, id))))

    expect(cuts).toBeGreaterThanOrEqual(2)
    expect(positions.map(({ seq }) => seq)).toEqual([1, 2, 3])
    expect(await bodies(room)).toEqual(['a', 'b', 'c'])
    await database.close()
  })

  /** Fails after the commit, as if its answer were lost. */
  function cutAfterCommit(database: Database, isCut: () => boolean): void {
    const use = database.useReserved.bind(database)
    database.useReserved = (work) =>
      use(async (connection) => {
        const result = await work(connection)
        if (isCut()) throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })
        return result
      })
  }
})

describe('while the database is down', () => {
  test('messages wait and are stored in order once it is back, and acknowledged ones are kept', async () => {
    const room = await store.room()
    const writer = new Writer(store.database, { patienceMs: 120_000 })
    const before = await Promise.all(Array.from({ length: 50 }, (_, i) => writer.append(message(room, `before${i}`))))

    const inFlight = Array.from({ length: 50 }, (_, i) => writer.append(message(room, `during${i}`)))
    await store.mariaDb.kill()
    const after = Array.from({ length: 50 }, (_, i) => writer.append(message(room, `after${i}`)))
    await store.mariaDb.start()

    const all = [...before, ...(await Promise.all([...inFlight, ...after]))]
    expect(all.map(({ seq }) => seq)).toEqual(Array.from({ length: 150 }, (_, i) => i + 1))
    expect((await bodies(room)).slice(0, 51)).toEqual([
      ...Array.from({ length: 50 }, (_, i) => `before${i}`),
      'during0',
    ])
  })

  test('a message that cannot be stored in time is not acknowledged, nor are those behind it', async () => {
    const room = await store.room()
    const writer = new Writer(store.database, { patienceMs: 200, maxBatchRows: 1 })
    await writer.append(message(room, 'kept'))
    await store.mariaDb.kill()

    const results = await Promise.allSettled(['a', 'b'].map((id) => writer.append(message(room, id))))
    await store.mariaDb.start()

    const words = 'not acknowledged (the database stores no messages now): send it again with the same clientId'
    for (const result of results) {
      const { body } = (result as { reason: AppError }).reason
      expect(body).toEqual({ code: 'unavailable', message: words, retryAfterSeconds: expect.any(Number) })
      expect([1, 2, 3]).toContain(body.retryAfterSeconds)
    }
    expect(await eventually(() => writer.append(message(room, 'a')))).toMatchObject({ seq: 2 })
  })

  test('a message that fits does not overtake the one before it that did not fit', async () => {
    const room = await store.room()
    const writer = new Writer(store.database, { maxQueuedBytes: 1000 })

    const both = ['x'.repeat(1000), 'small'].map((body, i) => writer.append(message(room, `m${i}`, body)))

    expect(await Promise.allSettled(both)).toMatchObject(both.map(() => ({ reason: { code: 'unavailable' } })))
    expect((await eventually(() => writer.append(message(room, 'later')))).seq).toBe(1)
    expect(await bodies(room)).toEqual(['later'])
  })

  test('the queue is bounded', async () => {
    const room = await store.room()
    const writer = new Writer(store.database, { maxQueuedRows: 10 })

    const results = await Promise.allSettled(
      Array.from({ length: 30 }, (_, i) => writer.append(message(room, `q${i}`))),
    )

    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(10)
    expect(results.at(-1)).toMatchObject({ reason: { code: 'unavailable' } })
  })
})

test('a connection to a server that refuses writes is not used again', async () => {
  const admin = new Database({ url: store.mariaDb.adminUrl, maxConnections: 5 })
  const connectionId = async () => {
    const [row] = await store.database.query<Row & { id: number }>('SELECT CONNECTION_ID() AS id')
    return row?.id
  }
  const refused = { id: undefined as number | undefined }
  await admin.execute('SET GLOBAL read_only = 1')
  try {
    const attempt = store.database.use(async (connection) => {
      refused.id = connection.threadId
      await statement(connection, 'UPDATE rooms SET title = title')
    })
    await expect(attempt).rejects.toMatchObject({ errno: 1290 })
  } finally {
    await admin.execute('SET GLOBAL read_only = 0')
    await admin.close()
  }

  const ids = await Promise.all(Array.from({ length: 16 }, connectionId))
  expect(refused.id).toBeTypeOf('number')
  expect(ids).not.toContain(refused.id)
})

test('a batch waits until it is known by which rules it is stored', async () => {
  const room = await store.room()
  let isKnown = false
  const troubles: string[] = []
  const context = () => {
    if (!isKnown) throw new AppError('unavailable', 'not known yet')
    return {}
  }
  const writer = new Writer(store.database, { context, onTrouble: ({ message }) => troubles.push(message) })
  const stored = writer.append(message(room, 'a'))
  await eventually(() => expect(troubles.length).toBeGreaterThan(1))
  expect(await bodies(room)).toEqual([])
  isKnown = true
  expect(await stored).toMatchObject({ seq: 1 })
})

test('a join of a member is one SELECT, and only somebody who is no member is written', async () => {
  const room = await store.room()
  const database = new Database({ url: store.mariaDb.url, maxConnections: 5 })
  const statements: string[] = []
  const [query, use] = [database.query.bind(database), database.use.bind(database)]
  database.query = (sql, values) => (statements.push(sql.slice(0, 6)), query(sql, values))
  database.use = (work) => (statements.push('transaction'), use(work))
  const ofAnotherProcess = () => new Rooms(database)

  await ofAnotherProcess().enrol(room, 'newcomer')
  expect(statements.splice(0)).toEqual(['SELECT', 'transaction', 'SELECT'])
  const rooms = ofAnotherProcess()
  await rooms.enrol(room, 'newcomer')
  expect(statements.splice(0)).toEqual(['SELECT'])
  // A membership may have ended elsewhere, so what is kept does not let anyone in.
  await rooms.enrol(room, 'newcomer')
  expect(statements).toEqual(['SELECT'])
  await database.close()
})

test('5,000 expired revocations are removed by their index, in one purge, and the others stay', async () => {
  const insert = (prefix: string, count: number, expiresAt: number) =>
    store.database.query('INSERT INTO revocations (kind, subject, created_at, expires_at) VALUES ?', [
      Array.from({ length: count }, (_, i) => ['token', `${prefix}${i}`, 1, expiresAt]),
    ])
  await insert('expired', 5000, Date.now() - 60_000)
  await insert('valid', 3000, Date.now() + 3_600_000)
  const database = new Database({ url: store.mariaDb.url, maxConnections: 5 })
  const query = database.query.bind(database)
  const plans: unknown[] = []
  database.query = async <T extends Row>(sql: string, values?: readonly unknown[]) => {
    if (sql.includes('expires_at <')) plans.push((await query(`EXPLAIN ${sql}`, values))[0])
    return query<T>(sql, values)
  }

  await new Revocations(database).purge()
  await database.close()

  const byIndex = (table: string) => ({ table, key: `${table}_expires_at`, Extra: 'Using where; Using index' })
  expect(plans).toMatchObject([...Array.from({ length: 6 }, () => byIndex('revocations')), byIndex('sessions')])
  const [left] = await store.database.query<Row & { valid: number; count: number }>(
    `SELECT SUM(subject LIKE 'valid%') AS valid, COUNT(*) AS count FROM revocations`,
  )
  expect([Number(left?.valid), left?.count]).toEqual([3000, 3000])
})
