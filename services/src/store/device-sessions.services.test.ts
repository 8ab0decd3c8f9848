import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { must, uniqueName } from '@chat-app/testing'
import { openStore, type Store } from '../../test/store.ts'
import type { Row } from './database.ts'
import { DeviceSessions } from './device-sessions.ts'
import { Revocations } from './revocations.ts'

const HOUR_MS = 3_600_000
let store: Store
beforeAll(async () => {
  store = await openStore()
})
afterAll(() => store[Symbol.asyncDispose]())

describe('a session whose token a pod of release 0.1.0 has revoked', () => {
  async function setUp() {
    const { database } = store
    const name = uniqueName('user')
    await store.addUsers(name)
    const [user] = await database.query<Row & { id: number }>('SELECT id FROM users WHERE name = ?', [name])
    const devices = new DeviceSessions(database)
    const { id } = await devices.open({
      userId: must(user, 'a user').id,
      generation: 0,
      refreshHash: randomBytes(32),
      deviceHash: undefined,
      deviceName: undefined,
      address: '::1',
      lengthMs: 24 * HOUR_MS,
    })
    const refresh = () => devices.refresh(id, '::1', () => ({ kind: 'same' }))
    const hasEnded = async () => {
      const [row] = await database.query<Row & { ended_at: number | null }>(
        'SELECT ended_at FROM sessions WHERE id = ?',
        [id],
      )
      return must(row, 'a session').ended_at !== null
    }
    return { id, refresh, hasEnded, revocations: new Revocations(database) }
  }

  test('is refused when it refreshes, and has ended', async () => {
    const { id, refresh, hasEnded, revocations } = await setUp()
    expect(await refresh()).toBeDefined()
    await revocations.add('token', id, Date.now() + HOUR_MS)
    expect(await refresh()).toBeUndefined()
    expect(await hasEnded()).toBe(true)
  })

  test('has ended before the revocation is purged', async () => {
    const [{ id, refresh, hasEnded, revocations }, other] = [await setUp(), await setUp()]
    await revocations.add('token', id, 1)
    await revocations.add('token', 'another token', 1)
    await revocations.purge()
    expect(await revocations.added(HOUR_MS, 10)).not.toContainEqual(expect.objectContaining({ subject: id }))
    expect([await hasEnded(), await other.hasEnded()]).toEqual([true, false])
    expect(await refresh()).toBeUndefined()
  })
})
