import { readdirSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'

/** The unit of the times in /proc on Linux. */
const TICKS_PER_SECOND = 100
/** Fields of /proc/PID/stat after the name of the program, which stands in brackets. */
const [PARENT, USER, SYSTEM] = [1, 11, 12] as const

/** Seconds of user and system time that these processes have used. */
export function cpuSeconds(pids: readonly number[]): number {
  return pids.reduce(
    (sum, pid) => sum + (Number(statOf(pid)[USER]) + Number(statOf(pid)[SYSTEM])) / TICKS_PER_SECOND,
    0,
  )
}

/** Bytes of memory that these processes have in use. */
export function residentBytes(pids: readonly number[]): number {
  const kib = (pid: number) => /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]
  return pids.reduce((sum, pid) => sum + Number(kib(pid)) * 1024, 0)
}

/** The children of this process that run the program `name`, itself or by a loader. */
export function childrenNamed(name: string): number[] {
  const pids = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))
  return pids.map(Number).filter((pid) => {
    try {
      if (Number(statOf(pid)[PARENT]) !== process.pid) return false
      return readFileSync(`/proc/${pid}/cmdline`, 'latin1')
        .split('\0')
        .some((argument) => basename(argument) === name)
    } catch {
      // It has ended.
      return false
    }
  })
}

function statOf(pid: number): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}
