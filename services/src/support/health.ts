import { statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { messageOf } from './errors.ts'
import { within } from './within.ts'

export type Status = 'UP' | 'DOWN' | 'OUT_OF_SERVICE' | 'UNKNOWN'

export interface Component {
  readonly status: Status
  readonly details?: Readonly<Record<string, string | number>>
}

/** The documented body of `/actuator/health`. */
export interface HealthBody {
  readonly status: Status
  readonly components: Readonly<Record<string, Component>>
}

/** Thrown by a check that has no result yet: the process is not ready, and nothing has failed. */
export class UnknownYetError extends Error {
  override readonly name = 'UnknownYetError'
}

/** Each check rejects with the fault. */
export interface HealthChecks {
  readonly db?: () => Promise<void>
  readonly redis?: () => Promise<void>
}

export const HEALTH_PATH = '/actuator/health'
/** Every path that `Health.answer` answers. */
export const HEALTH_PATHS = [HEALTH_PATH, `${HEALTH_PATH}/liveness`, `${HEALTH_PATH}/readiness`]

/** Shorter than the time-out of a probe, 3 s. */
const CHECK_TIMEOUT_MS = 2000
/** Probes that arrive within this time share one check. */
const CACHE_MS = 500
/** The services write only temporary files. */
const MIN_FREE_DISK_BYTES = 10 * 1024 * 1024

/**
 * Answers the health endpoints. A process without the database is not ready. One without Redis is: events are then
 * delivered from the database, only later. A process that answers is alive.
 */
export class Health {
  readonly #checks: HealthChecks
  #outOfService: string | undefined
  #cached: { at: number; body: Promise<HealthBody> } | undefined

  constructor(checks: HealthChecks) {
    this.#checks = checks
  }

  /** Reports the process as not ready from now on, whatever the checks find. */
  takeOut(reason: string): void {
    this.#outOfService = reason
  }

  /**
   * The HTTP status and body for a path; undefined if it is not a health endpoint.
   *
   * @param hasDetails whether the body may have addresses and the words of errors, which no stranger may learn
   */
  async answer(path: string, hasDetails: boolean): Promise<{ status: number; body: HealthBody } | undefined> {
    if (path === `${HEALTH_PATH}/liveness`)
      return { status: 200, body: { status: 'UP', components: { ping: { status: 'UP' } } } }
    if (!HEALTH_PATHS.includes(path)) return undefined
    const body = this.#withService(await this.#recent())
    return { status: body.status === 'UP' ? 200 : 503, body: hasDetails ? body : withoutDetails(body) }
  }

  /** The components that `/actuator/health` lists. */
  async components(): Promise<HealthBody['components']> {
    return (await this.#recent()).components
  }

  #withService(body: HealthBody): HealthBody {
    if (this.#outOfService === undefined) return body
    const service: Component = { status: 'OUT_OF_SERVICE', details: { error: this.#outOfService } }
    return { status: 'OUT_OF_SERVICE', components: { ...body.components, service } }
  }

  #recent(): Promise<HealthBody> {
    const now = performance.now()
    if (!this.#cached || now - this.#cached.at > CACHE_MS) this.#cached = { at: now, body: this.#check() }
    return this.#cached.body
  }

  async #check(): Promise<HealthBody> {
    const { db, redis } = this.#checks
    const [diskSpace, redisState, dbState] = await Promise.all([
      checkDisk(),
      redis && runCheck(redis),
      db && runCheck(db),
    ])
    return {
      status: dbState?.status ?? 'UP',
      components: {
        diskSpace,
        ping: { status: 'UP' },
        ...(redisState && { redis: redisState }),
        ...(dbState && { db: dbState }),
      },
    }
  }
}

function withoutDetails({ status, components }: HealthBody): HealthBody {
  const states = Object.entries(components).map(([name, component]) => [name, { status: component.status }] as const)
  return { status, components: Object.fromEntries(states) }
}

async function runCheck(check: () => Promise<void>): Promise<Component> {
  try {
    await within(CHECK_TIMEOUT_MS, check(), `no answer within ${CHECK_TIMEOUT_MS} ms`)
    return { status: 'UP' }
  } catch (error) {
    const status = error instanceof UnknownYetError ? 'UNKNOWN' : 'DOWN'
    return { status, details: { error: messageOf(error) } }
  }
}

async function checkDisk(): Promise<Component> {
  try {
    const { bavail, bsize } = await statfs(tmpdir())
    const free = bavail * bsize
    return {
      status: free >= MIN_FREE_DISK_BYTES ? 'UP' : 'DOWN',
      details: { free, threshold: MIN_FREE_DISK_BYTES },
    }
  } catch (error) {
    return { status: 'DOWN', details: { error: messageOf(error) } }
  }
}
