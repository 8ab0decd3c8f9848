import type { RedisServer } from '@chat-app/sandbox-servers'
import { eventually } from '@chat-app/testing'
import type { Choice } from './choice.ts'
import { CLOCKS } from './process-slot.ts'
import { ClusterSide, type SentinelSide } from './redis-side.ts'
import type { World } from './world.ts'

/** Something that breaks, and is mended at the end. */
export interface Fault {
  readonly name: string
  /** @param pause waits for some milliseconds */
  readonly run: (choice: Choice, pause: (ms: number) => Promise<void>) => Promise<void>
}

/** Faults of one lane never overlap; those of different lanes do. */
export function faultsOf(world: World): Readonly<Record<'processes' | 'database' | 'Redis', readonly Fault[]>> {
  const { redis } = world
  return {
    processes: processFaults(world),
    database: databaseFaults(world),
    Redis: redis instanceof ClusterSide ? clusterFaults(redis) : sentinelFaults(redis),
  }
}

const SHORT_MS = [200, 2000] as const
/** Longer than a statement or a command of Redis may take. */
const LONG_MS = [1000, 9000] as const

/** Waits, and mends what was broken also when the run ends meanwhile. */
async function thenMend(wait: Promise<void>, mend: () => unknown): Promise<void> {
  try {
    await wait
  } finally {
    await mend()
  }
}

function processFaults({ slots }: World): Fault[] {
  const ended =
    (signal: 'SIGKILL' | 'SIGTERM'): Fault['run'] =>
    async (choice, pause) => {
      const slot = choice.of(slots)
      await slot.end(signal)
      await pause(choice.between(...SHORT_MS))
      await slot.start(choice.of(CLOCKS))
    }
  return [
    { name: 'process: SIGKILL', run: ended('SIGKILL') },
    { name: 'process: SIGTERM', run: ended('SIGTERM') },
    {
      name: 'process: SIGSTOP',
      run: async (choice, pause) => {
        const { service } = choice.of(slots)
        service.kill('SIGSTOP')
        await thenMend(pause(choice.between(...LONG_MS)), () => service.kill('SIGCONT'))
      },
    },
    {
      name: 'process: all of the WebSocket service, SIGKILL',
      run: async (choice, pause) => {
        const all = slots.filter(({ command }) => command === 'websocket')
        await Promise.all(all.map((slot) => slot.end('SIGKILL')))
        await pause(choice.between(...SHORT_MS))
        await Promise.all(all.map((slot) => slot.start(choice.of(CLOCKS))))
      },
    },
  ]
}

function databaseFaults({ slots, store: { mariaDb } }: World): Fault[] {
  const proxies = slots.map(({ database }) => database)
  return [
    {
      name: 'database: SIGKILL',
      run: async (choice, pause) => {
        await mariaDb.kill()
        await thenMend(pause(choice.between(...SHORT_MS)), () => mariaDb.start())
      },
    },
    {
      name: 'database: SIGSTOP',
      run: async (choice, pause) => {
        mariaDb.pause()
        await thenMend(pause(choice.between(...LONG_MS)), () => mariaDb.resume())
      },
    },
    {
      name: 'database: black hole for one process',
      run: async (choice, pause) => {
        const proxy = choice.of(proxies)
        proxy.hold()
        await thenMend(pause(choice.between(...LONG_MS)), () => proxy.open())
      },
    },
    {
      name: 'database: black hole for all',
      run: async (choice, pause) => {
        for (const proxy of proxies) proxy.hold()
        await thenMend(pause(choice.between(...LONG_MS)), () => Promise.all(proxies.map((proxy) => proxy.open())))
      },
    },
    {
      name: 'database: connections cut',
      run: async (choice) => {
        for (const proxy of choice.shuffled(proxies).slice(0, choice.between(1, proxies.length))) proxy.cutAll()
      },
    },
  ]
}

/** Waits until Redis is whole again, so that the next fault finds what it needs. */
function settled(side: ClusterSide | SentinelSide, run: Fault['run']): Fault['run'] {
  return async (choice, pause) => {
    await run(choice, pause)
    await side.settle()
  }
}

function serverFaults(side: ClusterSide | SentinelSide): Fault[] {
  const some = (choice: Choice): readonly RedisServer[] =>
    choice.number() < 0.3 ? side.servers : [choice.of(side.servers)]
  return [
    {
      name: 'Redis: SIGKILL',
      run: async (choice, pause) => {
        const servers = some(choice)
        await side.kill(...servers)
        await thenMend(pause(choice.between(...LONG_MS)), () => side.start(...servers))
      },
    },
    {
      name: 'Redis: SIGSTOP',
      run: async (choice, pause) => {
        const servers = some(choice)
        for (const server of servers) server.pause()
        await thenMend(pause(choice.between(...LONG_MS)), () => servers.forEach((server) => server.resume()))
      },
    },
    {
      name: 'Redis: partition',
      run: async (choice, pause) => {
        const proxies = some(choice).map((server) => side.proxyOf(server))
        const isSilent = choice.number() < 0.5
        for (const proxy of proxies) {
          if (isSilent) proxy.hold()
          else await proxy.refuse()
        }
        await thenMend(pause(choice.between(...LONG_MS)), () => Promise.all(proxies.map((proxy) => proxy.open())))
      },
    },
    {
      name: 'Redis: FLUSHALL',
      run: async () => {
        // A replica refuses it.
        await Promise.all(side.servers.map((server) => server.command('FLUSHALL').catch(() => undefined)))
      },
    },
  ]
}

function clusterFaults(side: ClusterSide): Fault[] {
  const own: Fault[] = [
    {
      name: 'Redis: slots moved',
      run: async (choice) => {
        const [from, to] = choice.shuffled(await side.cluster.masters())
        if (from && to) await side.moveSlots(from, to, choice.between(100, 1000))
      },
    },
    {
      name: 'Redis: node replaced',
      run: async (choice) => void (await side.replace(choice.of(side.servers))),
    },
  ]
  return [...serverFaults(side), ...own].map(({ name, run }) => ({ name, run: settled(side, run) }))
}

function sentinelFaults(side: SentinelSide): Fault[] {
  const failover =
    (begin: (master: RedisServer) => Promise<unknown>, end: (master: RedisServer) => Promise<unknown>): Fault['run'] =>
    async (choice, pause) => {
      const { master, replica } = await side.roles()
      await begin(master)
      try {
        await eventually(async () => (await replica.command('ROLE')).startsWith('master'), { everyMs: 20 })
        // Clients have just been told of the new master, and their first dials are refused.
        await side.proxyOf(replica).refuse()
        await pause(choice.between(100, 900))
      } finally {
        await side.proxyOf(replica).open()
        await end(master)
      }
    }
  const failovers: Fault[] = [
    {
      name: 'Sentinel: failover, master killed',
      run: failover(
        (server) => side.kill(server),
        (server) => side.start(server),
      ),
    },
    {
      name: 'Sentinel: failover, master hangs',
      run: failover(
        async (server) => server.pause(),
        async (server) => server.resume(),
      ),
    },
    {
      name: 'Sentinel: failover, asked for',
      run: failover(
        () => eventually(() => side.sentinels[0]?.command('SENTINEL', 'FAILOVER', 'mymaster')),
        () => Promise.resolve(),
      ),
    },
  ]
  return [...serverFaults(side), ...failovers, ...failovers, ...failovers].map(({ name, run }) => ({
    name,
    run: settled(side, run),
  }))
}
