import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { openSync, closeSync, readFileSync } from 'node:fs'
import { freePorts } from '@chat-app/sandbox-machine'
import { removeFolders } from './folder.ts'

/** A server that a test can kill and restart. */
export interface Server {
  /** Sends SIGKILL. The files of the server are kept for `start`. */
  kill(): Promise<void>
  /** Starts the server again with the same ports and files. */
  start(): Promise<void>
  /** Ends the server and removes its files. */
  stop(): Promise<void>
}

/** A server that a test can also pause. */
export interface HangingServer extends Server {
  /** Stops the process (SIGSTOP): connections stay open, but the server does not respond until `resume`. */
  pause(): void
  resume(): void
}

export interface DaemonOptions {
  readonly name: string
  readonly argv: readonly string[]
  readonly dir: string
  /** Variables, in addition to the environment of this process. @default {} */
  readonly env?: Readonly<Record<string, string>>
  /** Rejects until all ports that clients use are open. It must settle within seconds. */
  readonly probe: () => Promise<void>
}

const running = new Set<ChildProcess>()
process.once('exit', () => {
  running.forEach((child) => child.kill('SIGKILL'))
  removeFolders()
})

/** RabbitMQ needs 4 s on an idle machine, and more than 30 s while eight tests start servers. */
const START_TIMEOUT_MS = 240_000
const STOP_TIMEOUT_MS = 15_000
const POLL_INTERVAL_MS = 50
const LOG_TAIL_CHARACTERS = 3000

/** A server process that a test can kill, pause and restart on the same port. It is killed when this process ends. */
export class Daemon {
  readonly #options: DaemonOptions
  #child: ChildProcess | undefined

  constructor(options: DaemonOptions) {
    this.#options = options
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  /** Resolves once the probe succeeds. @throws Error with the end of the log after 240 s, or if the process ends */
  async start(): Promise<void> {
    if (this.#child) throw new Error(`${this.#options.name} is already running`)
    const { argv, dir, env } = this.#options
    const log = openSync(this.#logFile, 'a')
    const child = spawn(argv[0] as string, argv.slice(1), {
      cwd: dir,
      env: { ...process.env, ...env },
      stdio: ['ignore', log, log],
    })
    closeSync(log)
    this.#child = child
    running.add(child)
    child.once('exit', () => {
      running.delete(child)
      if (this.#child === child) this.#child = undefined
    })
    await this.#untilReady(child)
  }

  /** Sends the signal and waits until the process has ended. After 15 s, sends SIGKILL. @param signal defaults to SIGKILL */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#child
    if (!child) return
    const gone = once(child, 'exit')
    child.kill(signal)
    if (signal === 'SIGKILL') child.kill('SIGCONT')
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
    await gone
    clearTimeout(timer)
  }

  /** Sends SIGSTOP: connections stay open, but the server does not respond. */
  pause(): void {
    this.#child?.kill('SIGSTOP')
  }

  resume(): void {
    this.#child?.kill('SIGCONT')
  }

  /** Returns the end of the log, at most 3,000 characters. */
  logTail(): string {
    return readFileSync(this.#logFile, 'utf8').slice(-LOG_TAIL_CHARACTERS)
  }

  get #logFile(): string {
    return `${this.#options.dir}/${this.#options.name}.log`
  }

  async #untilReady(child: ChildProcess): Promise<void> {
    const deadline = Date.now() + START_TIMEOUT_MS
    let reason: unknown
    while (Date.now() < deadline && this.#child === child) {
      try {
        return await this.#options.probe()
      } catch (error) {
        reason = error
        await new Promise((resolve) => setTimeout(resolve, POLL_INTERVAL_MS))
      }
    }
    const end = this.#child === child ? `not ready within ${START_TIMEOUT_MS / 1000} s` : 'its process has ended'
    await this.kill()
    throw new Error(`${this.#options.name} did not start (${end}): ${String(reason)}\n${this.logTail()}`)
  }
}

/** Returns a free TCP port of 127.0.0.1. No other call on this machine returns it while this process runs. */
export async function freePort(): Promise<number> {
  const [port = 0] = await freePorts(1)
  return port
}
