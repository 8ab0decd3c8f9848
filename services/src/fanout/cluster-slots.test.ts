import { EventEmitter } from 'node:events'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { followSlots, type SlotsClient } from './cluster-slots.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] })
  return () => vi.useRealTimers()
})

/** A client whose nodes say that the master at an address has all slots. */
class Client extends EventEmitter {
  master: string | Error = '10.0.0.1'
  asked = 0
  refreshed = 0

  async cluster(): Promise<unknown> {
    this.asked += 1
    if (this.master instanceof Error) throw this.master
    return [[0, 16_383, [this.master, 6379, 'a'], ['10.0.0.9', 6379, String(this.asked)]]]
  }

  refreshSlotsCache(): void {
    this.refreshed += 1
  }
}

function follow(): Client {
  const client = new Client()
  followSlots(client as unknown as SlotsClient)
  return client
}

/** How often the client reads the slots in this time. */
async function refreshedIn(client: Client, ms: number): Promise<number> {
  const before = client.refreshed
  await vi.advanceTimersByTimeAsync(ms)
  return client.refreshed - before
}

describe('the slots of a Redis Cluster', () => {
  test('are not read again while they are the same, whatever the replicas are', async () => {
    const client = follow()
    await vi.advanceTimersByTimeAsync(40_000)
    const { asked } = client
    expect(await refreshedIn(client, 60_000)).toBe(0)
    expect(client.asked - asked).toBe(30)
  })

  test('are read within 2 s when another master has them, and for 30 s', async () => {
    const client = follow()
    await vi.advanceTimersByTimeAsync(40_000)
    client.master = '10.0.0.2'
    expect(await refreshedIn(client, 2000)).toBe(1)
    expect(await refreshedIn(client, 40_000)).toBe(14)
  })

  test.for(['-node', 'nodeError', '-subscriber', 'ready'])('are read for 30 s after the event %s', async (event) => {
    const client = follow()
    await vi.advanceTimersByTimeAsync(40_000)
    client.emit(event)
    expect(await refreshedIn(client, 40_000)).toBe(14)
  })

  test('are read all the time while no node answers', async () => {
    const client = follow()
    client.master = new Error('Connection is closed.')
    await vi.advanceTimersByTimeAsync(60_000)
    expect(await refreshedIn(client, 60_000)).toBe(30)
  })

  test('are no longer asked for when the client is closed', async () => {
    const client = follow()
    client.emit('end')
    await vi.advanceTimersByTimeAsync(10_000)
    expect(client.asked).toBe(0)
  })
})
