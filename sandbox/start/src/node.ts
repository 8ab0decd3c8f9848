import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { openSync, closeSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { NodePorts } from '@chat-app/sandbox-servers'

const MAIN = join(import.meta.dirname, '..', '..', '..', 'services', 'src', 'main.ts')
const COMMANDS = ['api', 'websocket'] as const
const START_TIMEOUT_MS = 60_000
const POLL_MS = 50
/** As documented: what has not ended this long after SIGTERM is killed. */
const END_TIMEOUT_MS = 5000
const LOG_TAIL_CHARACTERS = 2000

/** One node: a process of `api` and one of `websocket`, with one log. */
export class ChatNode {
  readonly ports: NodePorts
  readonly #env: Readonly<Record<string, string>>
  readonly #log: string
  readonly #children: ChildProcess[] = []
  #isStopping = false

  /** @param log path of the log, which is written anew */
  constructor(ports: NodePorts, env: Readonly<Record<string, string>>, log: string) {
    this.ports = ports
    this.#env = env
    this.#log = log
  }

  /** Starts both and waits until they are ready. @param onEnd told of one that ends by itself @throws Error with the end of the log */
  async start(onEnd: (command: string) => void): Promise<void> {
    const log = openSync(this.#log, 'w')
    for (const command of COMMANDS) {
      const port = this.ports[command]
      const child = spawn(process.execPath, [MAIN, command], {
        env: { PATH: process.env['PATH'] ?? '', ...this.#env, NODE_ID: this.ports.name, SERVER_PORT: String(port) },
        stdio: ['ignore', log, log],
      })
      child.once('exit', () => {
        if (!this.#isStopping) onEnd(command)
      })
      this.#children.push(child)
    }
    closeSync(log)
    for (const command of COMMANDS) await this.#untilReady(this.ports[command])
  }

  /** Ends both: SIGTERM, and SIGKILL after 5 s. Returns how they ended. */
  async stop(): Promise<'ended' | 'killed'> {
    this.#isStopping = true
    const living = this.#children.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null)
    const gone = Promise.all(living.map((child) => once(child, 'exit')))
    for (const child of living) child.kill('SIGTERM')
    const timer = setTimeout(() => living.forEach((child) => child.kill('SIGKILL')), END_TIMEOUT_MS)
    await gone
    clearTimeout(timer)
    return living.some(({ signalCode }) => signalCode === 'SIGKILL') ? 'killed' : 'ended'
  }

  async #untilReady(port: number): Promise<void> {
    const deadline = performance.now() + START_TIMEOUT_MS
    while (performance.now() < deadline && this.#children.every(({ exitCode }) => exitCode === null)) {
      const response = await fetch(`http://127.0.0.1:${port}/actuator/health/readiness`).catch(() => undefined)
      if (response?.ok) return
      await sleep(POLL_MS)
    }
    throw new Error(`${this.ports.name} did not start:\n${readFileSync(this.#log, 'utf8').slice(-LOG_TAIL_CHARACTERS)}`)
  }
}
