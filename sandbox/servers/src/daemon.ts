import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { openSync, closeSync, readFileSync } from 'node:fs'
import { freePorts } from '@chat-app/sandbox-machine'
import { removeFolders } from './folder.ts'

/** A server that a test may kill and start again. */
export interface Server {
  /** SIGKILL: what it had on its disk is still there after `start`. */
  kill(): Promise<void>
  /** Starts it again on the same ports and files. */
  start(): Promise<void>
  /** Ends it and removes its files. */
  stop(): Promise<void>
}

/** One that can be made to hang, too. */
export interface HangingServer extends Server {
  /** Hangs it: connections stay open and nothing answers until `resume`. */
  pause(): void
  resume(): void
}

export interface DaemonOptions {
  readonly name: string
  readonly argv: readonly string[]
  readonly dir: string
  /** Variables besides those of this process. */
  readonly env?: Readonly<Record<string, string>>
  /** Rejects until all that its users need is open. It has to end by itself, within seconds. */
  readonly probe: () => Promise<void>
}

const running = new Set<ChildProcess>()
process.once('exit', () => {
  running.forEach((child) => child.kill('SIGKILL'))
  removeFolders()
})

/** RabbitMQ takes 4 seconds on a calm machine, and over 30 where eight tests start their servers at once. */
const START_TIMEOUT_MS = 240_000
const STOP_TIMEOUT_MS = 15_000
const POLL_INTERVAL_MS = 50
const LOG_TAIL_BYTES = 3000

/** A server process that a test may kill, hang and start again on the same port. It dies with the process that started it. */
export class Daemon {
  readonly #options: DaemonOptions
  #child: ChildProcess | undefined

  constructor(options: DaemonOptions) {
    this.#options = options
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  /** Resolves when it answers; rejects with the end of its log when it does not. */
  async start(): Promise<void> {
    if (this.#child) throw new Error(`${this.#options.name} runs already`)
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

  /** As a crash or a pulled plug ends it. */
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

  /** As a hung machine: connections stay open and nothing answers. */
  pause(): void {
    this.#child?.kill('SIGSTOP')
  }

  resume(): void {
    this.#child?.kill('SIGCONT')
  }

  /** The end of what it has written to its output. */
  logTail(): string {
    return readFileSync(this.#logFile, 'utf8').slice(-LOG_TAIL_BYTES)
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

/** A free port of 127.0.0.1, which no other call on this machine chooses while this process runs. */
export async function freePort(): Promise<number> {
  const [port = 0] = await freePorts(1)
  return port
}
