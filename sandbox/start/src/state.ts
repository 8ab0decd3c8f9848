import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'

const CHECKOUT = join(import.meta.dirname, '..', '..', '..')
const OTHER_FOLDER = process.env['CHAT_APP_SANDBOX_STATE']
const FOLDER = OTHER_FOLDER ?? join(CHECKOUT, '.sandbox')
export const LOGS = join(OTHER_FOLDER ?? CHECKOUT, 'logs')
const PID_FILE = join(FOLDER, 'start.pid')

/** Notes that this process runs the chat of this checkout. @throws Error if another one does */
export async function claim(): Promise<void> {
  const other = runningPid()
  if (other !== undefined)
    throw new Error(`the chat of this checkout is running already (process ${other}): npm run stop ends it`)
  await mkdir(FOLDER, { recursive: true })
  await mkdir(LOGS, { recursive: true })
  writeFileSync(PID_FILE, `${process.pid} ${startOf(process.pid)}\n`)
  process.once('exit', () => rmSync(PID_FILE, { force: true }))
}

/** The process that runs the chat of this checkout. */
export function runningPid(): number | undefined {
  try {
    const [pid = 0, start] = readFileSync(PID_FILE, 'utf8').trim().split(' ').map(Number)
    return startOf(pid) === start ? pid : undefined
  } catch {
    return undefined
  }
}

/** When a process began, in ticks since the start of the machine: another one with its number has another. */
function startOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19])
}
