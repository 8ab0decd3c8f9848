import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { freePort } from '@chat-app/sandbox-servers'
import { eventually } from '@chat-app/testing'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))

/** Compiled code of processes; starting one takes a third of the CPU then. It is removed with the packages. */
const COMPILED = { NODE_COMPILE_CACHE: fileURLToPath(new URL('../../node_modules/.cache/node', import.meta.url)) }

/** The key that signs the tokens of the tests. */
export const JWT_SECRET = 'a secret of more than 32 characters'

/** The limit of one HTTP request. It finds a process that hangs. */
const REQUEST_TIMEOUT_MS = 60_000
const MAX_OUTPUT_CHARACTERS = 200_000

export interface Service {
  readonly port: number
  /** Base of the HTTP URLs. */
  readonly http: string
  readonly ws: string
  /** The last part of what it wrote to stdout and stderr. */
  output(): string
  isRunning(): boolean
  pid(): number
  metricsUrl(): string
  /** The samples of `/metrics`, by name with labels. */
  metrics(): Promise<ReadonlyMap<string, number>>
  /** As strangers see it. @param path @default /actuator/health */
  health(path?: string): Promise<{ status: number; body: HealthBody }>
  /** Its components with their details, as the port of the metrics has them. */
  components(): Promise<HealthBody['components']>
  /** @param signal @default SIGKILL */
  kill(signal?: NodeJS.Signals): void
  /** Waits for its end and returns the exit code. */
  exited(): Promise<number | null>
  /** Starts it again on the same port. Resolves when it is ready. */
  restart(): Promise<void>
  stop(): Promise<void>
}

export interface HealthBody {
  readonly status: string
  readonly components: Record<string, { status: string; details?: { error?: string } }>
}

/**
 * Starts a process of one command. Resolves when it is ready, so the database must be running. It ends with the test's
 * process.
 *
 * @param main path of the program. @default that of this checkout
 */
export async function startService(
  command: 'api' | 'websocket' | 'worker' | 'prove',
  env: Record<string, string>,
  main = MAIN,
): Promise<Service> {
  const port = await freePort()
  const service = new Process(command, port, { ...env, SERVER_PORT: String(port) }, main)
  await service.restart()
  return service
}

/** Runs a command until it ends. @param main as for `startService` */
export async function runCommand(
  command: string,
  env: Record<string, string>,
  options: readonly string[] = [],
  main = MAIN,
): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [main, command, ...options], {
    env: { PATH: process.env['PATH'] ?? '', ...COMPILED, ...env },
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, output }
}

/**
 * Loads each command once, so that later processes find it compiled: most of them are killed, and so keep nothing.
 *
 * @throws Error when a command cannot be loaded
 */
export async function compileCommands(): Promise<void> {
  const { code, output } = await runCommand('', {}, [], fileURLToPath(new URL('compile-commands.ts', import.meta.url)))
  if (code !== 0) throw new Error(`cannot load the services: ${output}`)
}

const running = new Set<ChildProcess>()
process.once('exit', () => running.forEach((child) => child.kill('SIGKILL')))

class Process implements Service {
  readonly port: number
  readonly #command: string
  readonly #env: Record<string, string>
  readonly #main: string
  #child: ChildProcess | undefined
  #output = ''

  constructor(command: string, port: number, env: Record<string, string>, main: string) {
    this.port = port
    this.#main = main
    this.#command = command
    this.#env = env
  }

  get http(): string {
    return `http://127.0.0.1:${this.port}`
  }

  get ws(): string {
    return `ws://127.0.0.1:${this.port}`
  }

  output(): string {
    return this.#output
  }

  isRunning(): boolean {
    return this.#child?.exitCode === null && this.#child.signalCode === null
  }

  pid(): number {
    return this.#child?.pid ?? 0
  }

  metricsUrl(): string {
    // The last one is that of the running process.
    const port = [...this.#output.matchAll(/"metricsPort":(\d+)/g)].at(-1)?.[1]
    return `http://127.0.0.1:${port}/metrics`
  }

  async metrics(): Promise<ReadonlyMap<string, number>> {
    const response = await fetch(this.metricsUrl(), { signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) })
    const lines = (await response.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'))
    return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]))
  }

  async health(path = '/actuator/health'): Promise<{ status: number; body: HealthBody }> {
    const response = await fetch(this.http + path, { signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) })
    return { status: response.status, body: (await response.json()) as HealthBody }
  }

  async components(): Promise<HealthBody['components']> {
    const url = new URL('/actuator/health', this.metricsUrl())
    const response = await fetch(url, { signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) })
    return ((await response.json()) as HealthBody).components
  }

  kill(signal: NodeJS.Signals = 'SIGKILL'): void {
    this.#child?.kill(signal)
  }

  async exited(): Promise<number | null> {
    const child = this.#child
    if (child && this.isRunning()) await once(child, 'exit')
    return child?.exitCode ?? null
  }

  async restart(): Promise<void> {
    const env = {
      PATH: process.env['PATH'] ?? '',
      NODE_ID: `${this.#command}-${this.port}`,
      ...COMPILED,
      ...DEFAULTS,
      ...this.#env,
    }
    const child = spawn(process.execPath, [this.#main, this.#command], { env })
    this.#child = child
    running.add(child)
    child.once('exit', () => running.delete(child))
    for (const stream of [child.stdout, child.stderr]) {
      stream.on(
        'data',
        (chunk: Buffer) => (this.#output = (this.#output + chunk.toString()).slice(-MAX_OUTPUT_CHARACTERS)),
      )
    }
    await eventually(async () => {
      if (!this.isRunning()) return
      const { status, body } = await this.health('/actuator/health/readiness')
      if (status !== 200) throw new Error(`${this.#command} is not ready: ${JSON.stringify(body)}`)
    })
    if (!this.isRunning()) throw new Error(`${this.#command} ended: ${this.#output}`)
  }

  async stop(): Promise<void> {
    this.kill('SIGKILL')
    await this.exited()
  }
}

/** Metrics on a free port, because many processes share the machine; a cheap bcrypt, which needs ENVIRONMENT=local. */
const DEFAULTS = {
  SERVER_HOST: '127.0.0.1',
  METRICS_PORT: '0',
  ENVIRONMENT: 'local',
  DRAIN_PERIOD_SECONDS: '1',
  SHUTDOWN_DELAY_SECONDS: '0',
  CONFIG_FILE: fileURLToPath(new URL('fast.yml', import.meta.url)),
}
