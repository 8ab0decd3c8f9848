import { setTimeout as sleep } from 'node:timers/promises'
import type { RedisCluster, RedisServer } from './redis.ts'

const SLOTS_AT_A_TIME = 50
const KEYS_OF_SLOT = 1000
const MIGRATE_TIMEOUT_MS = 2000
const POLL_INTERVAL_MS = 50
const DEADLINE_MS = 120_000
const FAILOVER_TIMEOUT_MS = 6000

/**
 * Moves slots from one master to another while both serve, as `redis-cli --cluster reshard` does.
 *
 * @param count of the first slots of `from`; all that it has, if these are fewer
 * @returns how many slots were moved
 * @throws Error with the reply of the server that refuses a step
 */
export async function moveSlots(
  cluster: RedisCluster,
  { from, to, count }: { from: RedisServer; to: RedisServer; count: number },
): Promise<number> {
  const [fromId, toId] = await Promise.all([from, to].map((node) => node.command('CLUSTER', 'MYID')))
  const slots = (await slotsOf(from, fromId ?? '')).slice(0, count)
  for (let at = 0; at < slots.length; at += SLOTS_AT_A_TIME) {
    const some = slots.slice(at, at + SLOTS_AT_A_TIME)
    const set = (node: RedisServer, ...state: string[]) =>
      node.commands(some.map((slot) => ['CLUSTER', 'SETSLOT', slot, ...state]))
    await set(to, 'IMPORTING', fromId ?? '')
    await set(from, 'MIGRATING', toId ?? '')
    await moveKeys(from, to, some)
    // The new owner first: for a moment without one, the slot would be lost.
    await set(to, 'NODE', toId ?? '')
    await set(from, 'NODE', toId ?? '')
    for (const other of await cluster.masters())
      if (other !== from && other !== to) await set(other, 'NODE', toId ?? '')
  }
  return slots.length
}

async function moveKeys(from: RedisServer, to: RedisServer, slots: readonly string[]): Promise<void> {
  const lists = await from.commands(slots.map((slot) => ['CLUSTER', 'GETKEYSINSLOT', slot, String(KEYS_OF_SLOT)]))
  const keys = lists.flatMap((list) => list.split('\n')).filter((key) => key !== '')
  const password = /:([^@]*)@/.exec(to.url)?.[1] ?? ''
  const options = ['0', String(MIGRATE_TIMEOUT_MS), 'REPLACE', 'AUTH', password]
  // A key that has expired meanwhile is answered with NOKEY.
  for (const key of keys) await from.command('MIGRATE', '127.0.0.1', String(to.port), key, ...options)
}

/** The slots of a node, each as text. */
async function slotsOf(node: RedisServer, id: string): Promise<string[]> {
  const line = (await node.command('CLUSTER', 'NODES')).split('\n').find((each) => each.startsWith(id)) ?? ''
  const ranges = line
    .split(' ')
    .slice(8)
    .filter((range) => /^\d/.test(range))
  return ranges.flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number)
    return Array.from({ length: last - first + 1 }, (_, index) => String(first + index))
  })
}

/**
 * Puts a new node into the place of this one, which is removed: the new one becomes a replica, takes over if the old one
 * is a master, and the old one's replicas follow it.
 *
 * @throws Error with the reply of the server that refuses a step, or when a step takes longer than two minutes
 */
export async function replaceNode(cluster: RedisCluster, old: RedisServer): Promise<RedisServer> {
  const added = await cluster.addNode()
  const role = (await old.command('ROLE')).split('\n')
  const isMaster = role[0] === 'master'
  const masterId = isMaster ? await old.command('CLUSTER', 'MYID') : await masterIdOf(old)
  await until(async () => (await added.command('CLUSTER', 'REPLICATE', masterId)) === 'OK')
  await until(async () => (await added.command('INFO', 'replication')).includes('master_link_status:up'))
  if (isMaster) {
    let askedAtMs = -Infinity
    await until(async () => {
      if ((await added.command('ROLE')).startsWith('master')) return true
      // Redis gives up after 5 s, and a further request before that begins anew.
      if (performance.now() - askedAtMs > FAILOVER_TIMEOUT_MS) {
        askedAtMs = performance.now()
        await added.command('CLUSTER', 'FAILOVER')
      }
      return false
    })
  }
  await cluster.removeNode(old)
  return added
}

async function masterIdOf(replica: RedisServer): Promise<string> {
  const self = (await replica.command('CLUSTER', 'NODES')).split('\n').find((line) => line.includes('myself')) ?? ''
  return self.split(' ')[3] ?? ''
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS
  for (;;) {
    const outcome = await holds().catch((error: unknown) => String(error))
    if (outcome === true) return
    if (performance.now() > deadline)
      throw new Error(`Redis was not replaced within ${DEADLINE_MS / 1000} s: ${outcome}`)
    await sleep(POLL_INTERVAL_MS)
  }
}
