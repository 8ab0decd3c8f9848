import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually } from '@chat-app/testing'
import { openStore, type Store } from '../../test/store.ts'
import { LOCK_WAIT_SECONDS } from '../support/limits.ts'
import { Database, statement } from './database.ts'
import { Events } from './events.ts'
import type { Repair } from './room-locks.ts'
import type { RoomKey } from './rooms.ts'
import { Writer, type WriterOptions } from './writer.ts'

const LOCK_WAIT_MS = LOCK_WAIT_SECONDS * 1000
/** Of a message that waits for no lock, on a busy machine. */
const USUAL_MS = LOCK_WAIT_MS / 2
const TWO_UNAVAILABLE = [{ reason: { code: 'unavailable' } }, { reason: { code: 'unavailable' } }]

let store: Store
let admin: Database

beforeAll(async () => {
  store = await openStore()
  admin = new Database({ url: store.mariaDb.adminUrl, maxConnections: 40 })
})
afterAll(async () => {
  await admin?.close()
  await store?.[Symbol.asyncDispose]()
})

const message = (room: RoomKey, clientId: string) => ({
  room: room.id,
  kind: 'message',
  sender: 'alice',
  clientId,
  body: clientId,
})

const bodies = async (room: RoomKey) => (await new Events(store.database).after(room.id, 0)).map(({ body }) => body)

/** A writer with one lane, and what it reported. */
function oneLane(options: WriterOptions = {}) {
  const troubles: string[] = []
  const repairs: Repair[] = []
  const writer = new Writer(store.database, {
    lanes: 1,
    onTrouble: ({ message: trouble }) => troubles.push(trouble),
    onRepaired: (repair) => repairs.push(repair),
    ...options,
  })
  const took = async (room: RoomKey, clientId: string) => {
    const startedAtMs = performance.now()
    await writer.append(message(room, clientId))
    return performance.now() - startedAtMs
  }
  return { writer, troubles, repairs, took }
}

interface Lock extends AsyncDisposable {
  release(): Promise<void>
}

/** Holds what a statement locks, in another session, until it is released. */
async function hold(sql: string, values: unknown[]): Promise<Lock> {
  const released = Promise.withResolvers<void>()
  const locked = Promise.withResolvers<void>()
  const done = admin.use(async (connection) => {
    await statement(connection, 'START TRANSACTION')
    await statement(connection, sql, values)
    locked.resolve()
    await released.promise
    await statement(connection, 'ROLLBACK')
  })
  await Promise.race([locked.promise, done])
  const release = () => (released.resolve(), done)
  return { release, [Symbol.asyncDispose]: release }
}

const holdRow = (room: RoomKey) => hold('SELECT id FROM rooms WHERE id = ? FOR UPDATE', [room.id])

/** Three other sessions write to the room, so that its lock is never free. Resolves after their first write. */
async function writeAllTheTime(room: RoomKey): Promise<() => Promise<void>> {
  const done = new AbortController()
  const isDone = () => done.signal.aborted
  const wrote = Promise.withResolvers<void>()
  const write = async () => {
    while (!isDone()) {
      await admin.use(async (connection) => {
        await statement(connection, 'START TRANSACTION')
        await statement(connection, 'UPDATE rooms SET last_seq = last_seq + 1 WHERE id = ?', [room.id])
        await statement(connection, 'DO SLEEP(0.05)')
        await statement(connection, 'COMMIT')
      })
      wrote.resolve()
    }
  }
  const writers = Promise.all([write(), write(), write()])
  await Promise.race([wrote.promise, writers])
  return async () => {
    done.abort()
    await writers
  }
}

/** Sends to a room again and again until it is stopped, and returns the longest time of a message. */
function chatter(room: RoomKey, took: (room: RoomKey, clientId: string) => Promise<number>) {
  const done = new AbortController()
  const isDone = () => done.signal.aborted
  const longest = (async () => {
    const times: number[] = []
    while (!isDone()) {
      times.push(await took(room, `chatter${times.length}`))
      await sleep(20)
    }
    return Math.max(...times)
  })()
  return { stop: async () => (done.abort(), longest) }
}

describe.concurrent('a room that another session has locked', () => {
  test('holds up the other rooms of its lane for one lock wait, and then no longer', async () => {
    const sick = await store.room()
    const others = await Promise.all(Array.from({ length: 20 }, () => store.room()))
    const [busy] = others as [RoomKey]
    const { writer, took } = oneLane()
    await using lock = await holdRow(sick)

    const inSick = [writer.append(message(sick, 's0'))]
    const times = await Promise.all(others.map((room) => took(room, 'first')))
    expect(Math.max(...times)).toBeLessThan(LOCK_WAIT_MS + USUAL_MS)
    expect(writer.heldRooms).toBe(1)

    const busyRoom = chatter(busy, took)
    for (let i = 1; i <= 20; i += 1) {
      inSick.push(writer.append(message(sick, `s${i}`)))
      await sleep(200)
    }
    expect(await busyRoom.stop()).toBeLessThan(USUAL_MS)
    await lock.release()

    expect((await Promise.all(inSick)).map(({ seq }) => seq)).toEqual(Array.from({ length: 21 }, (_, i) => i + 1))
    expect(await bodies(sick)).toEqual(Array.from({ length: 21 }, (_, i) => `s${i}`))
    await eventually(() => expect(writer.heldRooms).toBe(0))
    expect((await writer.append(message(sick, 'after'))).seq).toBe(22)
  })

  test('refuses its messages after the patience, in which no other room waits, also when they are sent again', async () => {
    const [sick, other] = [await store.room(), await store.room()]
    const { writer, took } = oneLane({ patienceMs: LOCK_WAIT_MS + 1000 })
    await using lock = await holdRow(sick)

    const first = await Promise.allSettled(['a', 'b'].map((id) => writer.append(message(sick, id))))
    expect(first).toMatchObject(TWO_UNAVAILABLE)
    const otherRoom = chatter(other, took)
    const again = await Promise.allSettled(['a', 'b'].map((id) => writer.append(message(sick, id))))
    expect(again).toMatchObject(TWO_UNAVAILABLE)
    const last = Promise.all(['a', 'b'].map((id) => writer.append(message(sick, id))))
    await lock.release()

    expect((await last).map(({ seq }) => seq)).toEqual([1, 2])
    expect(await otherRoom.stop()).toBeLessThan(USUAL_MS)
    await eventually(() => expect(writer.heldRooms).toBe(0))
  })

  test('holds up a lane once, however many rooms are locked after it', async () => {
    const sick = await Promise.all(Array.from({ length: 4 }, () => store.room()))
    const other = await store.room()
    const { writer, took } = oneLane()
    await using locks = new AsyncDisposableStack()
    for (const room of sick) locks.use(await holdRow(room))

    const sent = [writer.append(message(sick[0] as RoomKey, 'x'))]
    await eventually(() => expect(writer.heldRooms).toBe(1))
    // It is known to be stuck, and not only busy, when nobody has written to it for a second.
    await sleep(1500)
    const otherRoom = chatter(other, took)
    for (const room of sick.slice(1)) {
      sent.push(writer.append(message(room, 'x')))
      await sleep(300)
    }
    expect(await otherRoom.stop()).toBeLessThan(USUAL_MS)
    expect(writer.heldRooms).toBe(4)

    await locks.disposeAsync()
    expect((await Promise.all(sent)).map(({ seq }) => seq)).toEqual([1, 1, 1, 1])
  })

  test('does not make a room a held one that others only write to all the time', async () => {
    const [sick, busy] = [await store.room(), await store.room()]
    const { writer, troubles, took } = oneLane()
    await using lock = await holdRow(sick)
    const sent = writer.append(message(sick, 'x'))
    await eventually(() => expect(writer.heldRooms).toBe(1))
    // It is known to be stuck, and not only busy, when nobody has written to it for a second.
    await sleep(1500)

    const stop = await writeAllTheTime(busy)
    expect(await took(busy, 'mine')).toBeLessThan(USUAL_MS)
    expect(writer.heldRooms).toBe(1)
    expect(troubles.join()).not.toContain(`room ${busy.id} is locked`)

    await stop()
    await lock.release()
    expect((await sent).seq).toBe(1)
  })

  test('has a bounded queue', async () => {
    const sick = await store.room()
    const { writer } = oneLane({ maxQueuedRows: 40 })
    await using lock = await holdRow(sick)
    const sent = [writer.append(message(sick, 'first'))]
    await eventually(() => expect(writer.heldRooms).toBe(1))

    for (let i = 0; i < 20; i += 1) sent.push(writer.append(message(sick, `q${i}`)))
    const settled = Promise.allSettled(sent)
    await lock.release()

    const results = await settled
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(10)
    expect(results.at(-1)).toMatchObject({ reason: { code: 'unavailable' } })
    expect(await bodies(sick)).toEqual(['first', ...Array.from({ length: 9 }, (_, i) => `q${i}`)])
  })

  test('refuses a message that does not fit, and all that are behind it', async () => {
    const sick = await store.room()
    const { writer } = oneLane({ maxQueuedBytes: 100_000 })
    await using lock = await holdRow(sick)
    const [first, big, behind] = [message(sick, 'first'), message(sick, 'big'), message(sick, 'behind')]
    const sent = [first, { ...big, body: 'x'.repeat(30_000) }, behind].map((event) => writer.append(event))
    const settled = Promise.allSettled(sent)
    await eventually(() => expect(writer.heldRooms).toBe(1))
    await lock.release()

    expect(await settled).toMatchObject([{ status: 'fulfilled' }, ...TWO_UNAVAILABLE])
    expect(await bodies(sick)).toEqual(['first'])
  })

  test('waits in line where others write all the time, although its lock is never free', async () => {
    const room = await store.room()
    const { writer } = oneLane()
    await using lock = await holdRow(room)
    const sent = writer.append(message(room, 'mine'))
    await eventually(() => expect(writer.heldRooms).toBe(1))
    const writing = writeAllTheTime(room)
    await sleep(100)
    await lock.release()

    expect((await sent).seq).toBeGreaterThan(1)
    await (
      await writing
    )()
  })
})

test.concurrent('a room whose events another session has locked does not stop its lane', async () => {
  const [sick, other] = [await store.room(), await store.room()]
  const { writer, took } = oneLane()
  await using lock = await hold(
    `INSERT INTO room_events (room, seq, kind, sender, client_id, body, created_at) VALUES (?, 1, 'message', 'x', 'x', 'x', 1)`,
    [sick.id],
  )

  const sent = [writer.append(message(sick, 'a'))]
  expect(await took(other, 'first')).toBeLessThan(2 * LOCK_WAIT_MS + USUAL_MS)
  const otherRoom = chatter(other, took)
  sent.push(writer.append(message(sick, 'b')))
  await sleep(2000)
  expect(await otherRoom.stop()).toBeLessThan(USUAL_MS)
  await lock.release()

  expect((await Promise.all(sent)).map(({ seq }) => seq)).toEqual([1, 2])
})

test.concurrent.for([
  ['as a deadlock', '40001', 1213],
  ['with an error of its own', '45000', 1644],
] as const)('a room that always fails %s does not stop its lane', async ([, sqlState, errno]) => {
  const [sick, other] = [await store.room(), await store.room()]
  const { writer, took } = oneLane({ patienceMs: 4000 })
  const trigger = `sick_${errno}`
  await admin.execute(`CREATE TRIGGER ${trigger} BEFORE INSERT ON room_events FOR EACH ROW
    IF NEW.room = ${sick.id} THEN SIGNAL SQLSTATE '${sqlState}' SET MYSQL_ERRNO = ${errno}; END IF`)

  const refused = Promise.allSettled(['a', 'b'].map((id) => writer.append(message(sick, id))))
  expect(await took(other, 'first')).toBeLessThan(USUAL_MS)
  const otherRoom = chatter(other, took)
  expect(await refused).toMatchObject(TWO_UNAVAILABLE)
  expect(await otherRoom.stop()).toBeLessThan(USUAL_MS)

  await admin.execute(`DROP TRIGGER ${trigger}`)
  expect((await writer.append(message(sick, 'a'))).seq).toBe(1)
  expect(await bodies(sick)).toEqual(['a'])
})

test.concurrent('a database that refuses the user makes no room a sick one', async () => {
  const rooms = await Promise.all(Array.from({ length: 3 }, () => store.room()))
  const database = new Database({ url: store.mariaDb.url.replace(/:[^:@]+@/, ':wrong@'), maxConnections: 8 })
  const troubles: string[] = []
  const writer = new Writer(database, { lanes: 1, onTrouble: ({ message: trouble }) => troubles.push(trouble) })

  const sent = rooms.map((room) => writer.append(message(room, 'waits')))
  await eventually(() => expect(troubles.length).toBeGreaterThan(5))
  expect(troubles.every((trouble) => trouble.startsWith('Access denied'))).toBe(true)
  expect(writer.heldRooms).toBe(0)
  await database.rotate(store.mariaDb.url)

  expect((await Promise.all(sent)).map(({ seq }) => seq)).toEqual([1, 1, 1])
  expect(writer.heldRooms).toBe(0)
  await database.close()
})

describe.concurrent('a counter that is behind the events of its room', () => {
  test('is repaired: messages get the next free numbers at once, and other rooms wait for nothing', async () => {
    const [sick, other] = [await store.room(), await store.room()]
    const { writer, repairs, took } = oneLane()
    for (const id of ['a', 'b', 'c', 'd', 'e']) await writer.append(message(sick, id))
    await store.database.execute('UPDATE rooms SET last_seq = 2 WHERE id = ?', [sick.id])

    const sent = Promise.all(['f', 'g'].map((id) => writer.append(message(sick, id))))
    expect(await took(other, 'other')).toBeLessThan(USUAL_MS)

    expect((await sent).map(({ seq }) => seq)).toEqual([6, 7])
    expect(repairs).toEqual([{ room: sick.id, from: 2, to: 5 }])
    expect(await bodies(sick)).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g'])
    expect(await store.rooms.heads([sick.id])).toMatchObject([{ lastSeq: 7 }])
    expect((await writer.append(message(sick, 'b'))).seq).toBe(2)
    expect(writer.heldRooms).toBe(0)
  })

  test('is repaired by a process that has delivered later events, and the epoch is raised only if they are lost', async () => {
    const room = await store.room()
    const { writer } = oneLane()
    for (const id of ['a', 'b', 'c', 'd', 'e']) await writer.append(message(room, id))
    const { epoch } = await store.rooms.head(room)
    await store.database.execute('UPDATE rooms SET last_seq = 2 WHERE id = ?', [room.id])

    expect(await store.rooms.raiseEpoch(room.id, epoch, 5)).toBe(false)
    expect(await store.rooms.head(room)).toMatchObject({ epoch, lastSeq: 5, last: { clientId: 'e' } })

    await store.database.execute('DELETE FROM room_events WHERE room = ? AND seq > 2', [room.id])
    await store.database.execute('UPDATE rooms SET last_seq = 2 WHERE id = ?', [room.id])
    expect(await store.rooms.raiseEpoch(room.id, epoch, 5)).toBe(true)
    const head = await store.rooms.head(room)
    expect(head).toMatchObject({ lastSeq: 2 })
    expect(head.epoch).toBeGreaterThan(epoch)
  })
})

test.concurrent('an epoch that is older than that of a process is raised beyond it, once', async () => {
  const room = await store.room()
  const { epoch } = await store.rooms.head(room)
  const later = epoch + 1_000_000

  expect(await store.rooms.raiseOlderEpoch(room.id, epoch)).toBe(false)
  expect(await store.rooms.raiseOlderEpoch(room.id, later)).toBe(true)
  expect(await store.rooms.raiseOlderEpoch(room.id, later)).toBe(false)
  expect(await store.rooms.head(room)).toMatchObject({ epoch: later + 1 })
})

test.concurrent('a page has the number of the last event from the same statement', async () => {
  const room = await store.room()
  const { writer } = oneLane()
  for (const id of ['a', 'b', 'c', 'd']) await writer.append(message(room, id))
  const statements: string[] = []
  const query: Database['query'] = (sql, values) => (statements.push(sql), store.database.query(sql, values))
  const events = new Events({ query } as Database)
  const page = async (after: number, upTo: number) => {
    const found = await events.page(room.id, after, upTo)
    return [found.lastSeq, ...found.events.map(({ body }) => body)]
  }

  expect(await page(1, 3)).toEqual([4, 'b', 'c'])
  const plan = await admin.query(`EXPLAIN ${statements[0]}`, [room.id, room.id, 1, 3, 200])
  expect(plan).toMatchObject(['rooms', 'event', 'edited'].map((table) => ({ table, key: 'PRIMARY' })))
  expect(JSON.stringify(plan)).not.toMatch(/filesort|temporary|UNION RESULT/)
  expect((await events.page(room.id, 0, 4)).events).toEqual(await new Events(store.database).after(room.id, 0))
  expect(await page(4, 9)).toEqual([4])
  await store.database.execute('DELETE FROM room_events WHERE room = ?', [room.id])
  expect(await page(0, 4)).toEqual([4])
  expect(await events.page(987_654_321, 0, 4)).toEqual({ lastSeq: 0, events: [] })
  expect(statements).toHaveLength(5)
})
