import { bundleProgram } from '@chat-app/sandbox-images'
import { startOperator, type OperatorProcess } from '@chat-app/operator/testing/process'
import { freePort } from '@chat-app/sandbox-servers'
import { eventually } from '@chat-app/testing'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cpuSeconds, residentBytes } from '../measure/cpu.ts'

const CHECKOUT = join(import.meta.dirname, '..', '..')
const LEADER = 'chat_app_operator_leader 1'
const REQUESTS = /^chat_app_operator_api_requests_total\{verb="([^"]+)",code="[^"]+"\} (\d+)/gm

/** The operator as its image has it, in a process of its own. */
export class Program {
  readonly #process: OperatorProcess
  readonly #metrics: string

  private constructor(process: OperatorProcess, metrics: string) {
    this.#process = process
    this.#metrics = metrics
  }

  /**
   * Bundles and starts it, and waits until it leads. Returns it, and how long the start took, in milliseconds.
   *
   * @param dir where the bundle is written
   */
  static async start(kubeconfig: string, namespace: string, dir: string): Promise<[Program, number]> {
    const { text } = await bundleProgram(CHECKOUT, {
      entry: 'operator/src/main.ts',
      target: 'node24',
      version: '0.0.0',
    })
    const main = join(dir, 'operator.mjs')
    writeFileSync(main, text)
    const port = await freePort()
    const began = performance.now()
    const environment = {
      WATCH_NAMESPACES: namespace,
      POD_NAMESPACE: namespace,
      METRICS_PORT: String(port),
      LOG_LEVEL: 'warn',
    }
    const program = new Program(startOperator(kubeconfig, environment, main), `http://127.0.0.1:${port}/metrics`)
    await eventually(async () => {
      if (!(await program.#text()).includes(LEADER)) throw new Error(`the operator does not lead:\n${program.log()}`)
    })
    return [program, performance.now() - began]
  }

  log(): string {
    return this.#process.log()
  }

  cpuSeconds(): number {
    return cpuSeconds([this.#process.pid])
  }

  residentBytes(): number {
    return residentBytes([this.#process.pid])
  }

  /** The requests to the API server so far, by verb. */
  async requests(): Promise<ReadonlyMap<string, number>> {
    const counts = new Map<string, number>()
    for (const [, verb = '', count] of (await this.#text()).matchAll(REQUESTS))
      counts.set(verb, (counts.get(verb) ?? 0) + Number(count))
    return counts
  }

  async stop(): Promise<void> {
    await this.#process.end('SIGTERM')
  }

  async #text(): Promise<string> {
    const response = await fetch(this.#metrics)
    return response.text()
  }
}

/** What is more in `after`, by verb; verbs without a request are left out. */
export function moreRequests(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
): ReadonlyMap<string, number> {
  const more = [...after].map(([verb, count]) => [verb, count - (before.get(verb) ?? 0)] as const)
  return new Map(more.filter(([, count]) => count > 0))
}
