import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from '@chat-app/testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openStore, type Store } from '../../test/store.ts'
import { Database, statement, type Row } from '../store/database.ts'
import { Events } from '../store/events.ts'
import { insertOutbox, Outbox, type OutboxEvent } from '../store/outbox.ts'
import { inTransaction } from '../store/transaction.ts'
import type { Consumer, RelayedEvent } from './consumer.ts'
import { Relay, type RelayOptions } from './relay.ts'

let store: Store
let ends: AsyncDisposableStack
const troubles: unknown[] = []

beforeAll(async () => {
  store = await openStore()
})
afterAll(() => store?.[Symbol.asyncDispose]())
beforeEach(async () => {
  ends = new AsyncDisposableStack()
  await store.database.execute('DELETE FROM outbox')
  await store.database.execute('DELETE FROM room_events')
})
afterEach(async () => {
  await ends.disposeAsync()
  const [trouble] = troubles.splice(0)
  if (trouble !== undefined) throw trouble
})

/** Ids of rooms; the outbox needs no rows of theirs. */
const rooms = (count: number): number[] => Array.from({ length: count }, (_, index) => 1001 + index)

/** Stores messages with these numbers in each room, and their rows of the outbox. */
async function publish(outbox: Outbox, roomIds: readonly number[], seqs: readonly number[]): Promise<void> {
  for (const room of roomIds) {
    const events = seqs.map((seq) => ({ room, epoch: 5, seq, kind: 'message', at: 1000 + seq }))
    await inTransaction(store.database, async (connection) => {
      await statement(
        connection,
        'INSERT INTO room_events (room, seq, kind, sender, client_id, body, created_at) VALUES ?',
        [events.map(({ seq, kind, at }) => [room, seq, kind, 'alice', `c${seq}`, `text ${seq}`, at])],
      )
      await insertOutbox(connection, outbox.rowsFor(events))
    })
  }
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1)

/** A consumer that keeps what it confirms. */
function consumer(
  name: string,
  handle: (event: RelayedEvent, signal: AbortSignal) => Promise<void> | void = () => undefined,
) {
  const confirmed: RelayedEvent[] = []
  const self: Consumer = {
    name,
    kinds: ['message'],
    handle: async (event, signal) => {
      await handle(event, signal)
      confirmed.push(event)
    },
  }
  const seqsOf = (room: number) => confirmed.filter((event) => event.room === room).map(({ seq }) => seq)
  return { self, confirmed, seqsOf }
}

/** Starts a relay with a pool of its own, as a process has it. */
function startRelay(consumers: readonly Consumer[], options: Partial<RelayOptions> = {}): Relay {
  const database = new Database({ url: store.mariaDb.url, maxConnections: 20 })
  const events = new Events(database)
  const relay = new Relay({
    database,
    consumers,
    readEvent: async (room, seq) => (await events.after(room, seq - 1, 1, seq))[0],
    pauseMs: { first: 1, longest: 4 },
    onTrouble: (error) => troubles.push(error),
    ...options,
  })
  ends.defer(async () => {
    await relay.stop()
    await database.close()
  })
  return relay
}

const waiting = () => store.database.query<Row>('SELECT consumer, room, seq, is_failed FROM outbox ORDER BY room, seq')

describe('the rows of new events', () => {
  const event: OutboxEvent = { room: 1, epoch: 5, seq: 1, kind: 'message', at: 9 }

  test('are those that a consumer asks for; without a consumer there are none', () => {
    const interests = [
      { name: 'search', kinds: ['message', 'edit'] },
      { name: 'desk', kinds: ['message'], audiences: ['staff', 'user'] },
    ] as const
    const outbox = new Outbox(interests)

    expect(outbox.rowsFor([event, { ...event, seq: 2, kind: 'pin' }])).toEqual([
      ['search', 1, 5, 1, 'message', 'all', 9],
    ])
    expect(
      outbox.rowsFor([
        { ...event, audience: 'staff' },
        { ...event, seq: 2, audience: 'user:7' },
      ]),
    ).toEqual([
      ['desk', 1, 5, 1, 'message', 'staff', 9],
      ['desk', 1, 5, 2, 'message', 'user:7', 9],
    ])
    expect(new Outbox([]).rowsFor([event])).toEqual([])
  })

  test('are left out and counted while too many wait, for this consumer alone', async () => {
    const dropped: unknown[] = []
    const interests = ['slow', 'fast'].map((name) => ({ name, kinds: ['message'] }))
    const outbox = new Outbox(interests, { maxRows: 3, onDropped: (...what) => dropped.push(what) })
    await publish(outbox, [1001], [1, 2, 3])
    await store.database.execute(`DELETE FROM outbox WHERE consumer = 'fast'`)
    await store.database.execute(`UPDATE outbox SET created_at = CAST(UNIX_TIMESTAMP() * 1000 AS UNSIGNED) - 90000`)

    const [slow, fast] = await outbox.measure(store.database)
    expect([slow, fast]).toEqual([
      { consumer: 'slow', rows: 3, ageMs: expect.any(Number), failed: 0 },
      { consumer: 'fast', rows: 0, ageMs: 0, failed: 0 },
    ])
    expect(slow?.ageMs).toBeGreaterThan(85_000)
    expect(outbox.rowsFor([event, { ...event, seq: 2 }]).map(([name]) => name)).toEqual(['fast', 'fast'])
    expect(dropped).toEqual([['slow', 2]])

    await store.database.execute('DELETE FROM outbox WHERE seq = 1')
    await outbox.measure(store.database)
    expect(outbox.rowsFor([event]).map(([name]) => name)).toEqual(['slow', 'fast'])
  })
})

describe('relays', () => {
  test('hand over each event once, in order within its room, however many share the work', async () => {
    const all = rooms(30)
    const search = consumer('search', () => sleep(Math.random() * 3))
    await publish(new Outbox([search.self]), all, numbers(45))

    for (let processes = 0; processes < 3; processes += 1) startRelay([search.self])

    await eventually(async () => (await waiting()).length === 0)
    for (const room of all) expect([room, search.seqsOf(room)]).toEqual([room, numbers(45)])
    expect(search.confirmed[0]).toMatchObject({
      epoch: 5,
      kind: 'message',
      audience: 'all',
      event: { sender: 'alice', body: expect.stringMatching(/^text \d+$/) },
    })
  })

  test('go on with the other rooms while one row fails, give it up, and keep it', async () => {
    const [first, ...others] = rooms(12)
    const failures: { seq: number; givenUp: boolean }[] = []
    const search = consumer('search', ({ room, seq }) => {
      if (room === first && seq === 2) throw new Error('not this one')
    })
    await publish(new Outbox([search.self]), [first as number, ...others], numbers(3))

    startRelay([search.self], { onFailed: ({ seq, givenUp }) => failures.push({ seq, givenUp }) })
    // What shows that the consumer works.
    const news = setInterval(() => void publish(new Outbox([search.self]), [5000], [(next += 1)]), 20)
    let next = 0
    await eventually(() => search.seqsOf(first as number).includes(3))
    clearInterval(news)

    for (const room of others) expect(search.seqsOf(room)).toEqual([1, 2, 3])
    expect(search.seqsOf(first as number)).toEqual([1, 3])
    expect(failures).toHaveLength(10)
    expect(failures.filter(({ givenUp }) => givenUp)).toEqual([{ seq: 2, givenUp: true }])
    await eventually(async () =>
      expect(await waiting()).toEqual([{ consumer: 'search', room: first, seq: 2, is_failed: 1 }]),
    )
    expect(await new Outbox([search.self]).measure(store.database)).toMatchObject([{ rows: 0, failed: 1 }])
  })

  test('keep everything for a consumer that is away, and go on with the others', async () => {
    const all = rooms(12)
    let isAway = true
    let failures = 0
    const away = consumer('away', async ({ room }) => {
      if (isAway && room % 2 === 0) throw new Error('connection refused')
      if (isAway) await new Promise(() => undefined)
    })
    const well = consumer('well')
    await publish(new Outbox([away.self, well.self]), all, numbers(4))

    startRelay([away.self, well.self], { handleTimeoutMs: 5, onFailed: () => (failures += 1) })
    await eventually(() => failures > 12 * 20)
    for (const room of all) expect(well.seqsOf(room)).toEqual(numbers(4))
    expect(await waiting()).toHaveLength(12 * 4)
    isAway = false

    await eventually(async () => (await waiting()).length === 0)
    for (const room of all) expect(away.seqsOf(room)).toEqual(numbers(4))
  })

  test('give no row up for its attempts while the consumer was away', async () => {
    const [first, second] = rooms(2) as [number, number]
    let [isAway, failures, left] = [true, 0, 3]
    const search = consumer('search', ({ room }) => {
      if (isAway) throw new Error('connection refused')
      if (room === first && search.seqsOf(second).length === 0) throw new Error('the other one first')
      if (room === first && (left -= 1) >= 0) throw new Error('once more')
    })
    await publish(new Outbox([search.self]), [first, second], [1])

    startRelay([search.self], { onFailed: () => (failures += 1) })
    await eventually(() => failures > 40)
    isAway = false

    await eventually(() => search.seqsOf(first).length === 1)
    await eventually(async () => expect(await waiting()).toEqual([]))
  })

  test('take a row that is committed after rows with higher ids', async () => {
    const search = consumer('search')
    const outbox = new Outbox([search.self])
    await publish(new Outbox([]), [1001], [1])
    await store.database.use(async (connection) => {
      await statement(connection, 'START TRANSACTION')
      const late = { room: 1001, epoch: 5, seq: 1, kind: 'message', at: 1 }
      await insertOutbox(connection, outbox.rowsFor([late]))
      await publish(outbox, [1002, 1003], [1, 2])
      startRelay([search.self])
      await eventually(() => search.confirmed.length === 4)
      await statement(connection, 'COMMIT')
    })

    await eventually(() => search.seqsOf(1001).length === 1)
    await eventually(async () => (await waiting()).length === 0)
  })

  test('leave a room to the process that works on it, until that one is gone', async () => {
    const search = consumer('search')
    await publish(new Outbox([search.self]), rooms(2), [1, 2])
    const other = new Database({ url: store.mariaDb.url, maxConnections: 1 })
    ends.defer(() => other.close())
    const meanwhile = await other.use(async (connection) => {
      const [{ id } = { id: 0 }] = await statement<(Row & { id: number })[]>(connection, 'SELECT CONNECTION_ID() AS id')
      await statement(connection, 'START TRANSACTION')
      const [head] = await statement<Row[]>(connection, 'SELECT id FROM outbox WHERE room = 1001 AND seq = 1')
      await statement(connection, 'SELECT id FROM outbox WHERE id = ? FOR UPDATE', [head?.['id']])
      startRelay([search.self])
      await eventually(() => search.seqsOf(1002).length === 2)
      // Longer than it rests.
      await sleep(1500)
      const seqs = search.seqsOf(1001)
      await store.database.execute(`KILL ${id}`)
      return seqs
    })

    expect(meanwhile).toEqual([])
    await eventually(() => expect(search.seqsOf(1001)).toEqual([1, 2]))
  })

  test('forget the rows of events that were purged', async () => {
    const search = consumer('search')
    await publish(new Outbox([search.self]), [1001], [1, 2, 3])
    await store.database.execute('DELETE FROM room_events WHERE seq <= 2')

    startRelay([search.self])

    await eventually(async () => (await waiting()).length === 0)
    expect(search.seqsOf(1001)).toEqual([3])
  })

  test('end what they have begun when they are stopped, and begin nothing more', async () => {
    const search = consumer('search', () => sleep(30))
    await publish(new Outbox([search.self]), [1001], numbers(15))
    const relay = startRelay([search.self])
    await eventually(() => search.confirmed.length > 0)

    await relay.stop()

    const confirmed = search.seqsOf(1001)
    expect(confirmed.length).toBeLessThan(15)
    expect((await waiting()).map((row) => row['seq'])).toEqual(numbers(15).slice(confirmed.length))
  })
})
