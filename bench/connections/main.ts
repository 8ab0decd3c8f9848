import { setTimeout as sleep } from 'node:timers/promises'
import { showSteps } from '@chat-app/cli'
import { openArena } from '../fanout/contestants.ts'
import { cpuSeconds, residentBytes } from '../measure/cpu.ts'
import { Crowd } from '../fanout/crowd.ts'

const CLIENTS = 1000
const SIZE = 20
/** After this time what the connects needed is free again, as far as it ever is. */
const SETTLE_MS = 5000
const KIB = 1024

interface Measured {
  readonly name: string
  readonly isPeer: boolean
  readonly cpuMs: number
  readonly kib: number
}

/**
 * Connects 1,000 clients after the first 1,000 to each server of fanout, lets them join rooms of 20, and prints what one of
 * them costs: CPU time to connect and join, and resident memory while it is idle; and the ratios of ours to each peer's.
 */
export async function connections(): Promise<void> {
  const steps = showSteps()
  try {
    steps.next('starting the servers', 2)
    await using arena = await openArena({ rooms: CLIENTS / SIZE, clients: CLIENTS })
    steps.next(`connecting ${CLIENTS} clients`, 2)
    const all: Measured[] = []
    for (const contestant of arena.contestants) {
      steps.detail(contestant.name)
      // The first ones pay for code that is compiled and for a heap that grows, and stay.
      const first = await Crowd.open(contestant, { clients: CLIENTS, size: SIZE })
      await sleep(SETTLE_MS)
      const before = { cpu: cpuSeconds(contestant.pids), bytes: residentBytes(contestant.pids) }
      const crowd = await Crowd.open(contestant, { clients: CLIENTS, size: SIZE })
      const cpuMs = ((cpuSeconds(contestant.pids) - before.cpu) / CLIENTS) * 1000
      await sleep(SETTLE_MS)
      all.push({
        name: contestant.name,
        isPeer: contestant.isPeer,
        cpuMs,
        kib: (residentBytes(contestant.pids) - before.bytes) / KIB / CLIENTS,
      })
      for (const one of [first, crowd]) one.close()
      await sleep(SETTLE_MS)
    }
    for (const { name, cpuMs, kib } of all)
      steps.print(`${name.padEnd(14)}  connect and join ${cpuMs.toFixed(2)} ms of CPU, idle ${kib.toFixed(1)} KiB more`)
    for (const ours of all.filter(({ isPeer }) => !isPeer))
      for (const peer of all.filter(({ isPeer }) => isPeer))
        steps.print(
          `${ours.name} / ${peer.name}: ${(ours.cpuMs / peer.cpuMs).toFixed(2)} x CPU, ${(ours.kib / peer.kib).toFixed(2)} x memory`,
        )
  } finally {
    steps.end()
  }
}
