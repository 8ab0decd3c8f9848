import { statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { messageOf } from './errors.ts'

export type Status = 'UP' | 'DOWN' | 'OUT_OF_SERVICE' | 'UNKNOWN'

export interface Component {
  readonly status: Status
  readonly details?: Readonly<Record<string, string | number>>
}

/** The documented shape of `/actuator/health`. */
export interface HealthBody {
  readonly status: Status
  readonly components: Readonly<Record<string, Component>>
}

/** Thrown by a check that has nothing to say yet: not ready, and not a failure. */
export class UnknownYetError extends Error {
  override readonly name = 'UnknownYetError'
}

export interface HealthChecks {
  /** Rejects with what is wrong. */
  readonly db?: () => Promise<void>
  readonly redis?: () => Promise<void>
}

const base = '/actuator/health'
/** Below a probe's time-out of 3 s. */
const checkTimeoutMs = 2000
/** Probes that come together share one look. */
const cacheMs = 500
/** Only temporary files are written. */
const minFreeBytes = 10 * 1024 * 1024

/**
 * Answers the health endpoints. The database is needed to be ready; Redis is not, for delivery goes on without it, only slower.
 * Alive is whoever answers.
 */
export class Health {
  readonly #checks: HealthChecks
  #outOfService: string | undefined
  #cached: { at: number; body: Promise<HealthBody> } | undefined

  constructor(checks: HealthChecks) {
    this.#checks = checks
  }

  /** From now on not ready, whatever the checks say. */
  takeOut(reason: string): void {
    this.#outOfService = reason
  }

  /** Undefined for a path that is not ours. */
  async answer(path: string): Promise<{ status: number; body: HealthBody } | undefined> {
    if (path === `${base}/liveness`)
      return { status: 200, body: { status: 'UP', components: { ping: { status: 'UP' } } } }
    if (path !== base && path !== `${base}/readiness`) return undefined
    const body = this.#withService(await this.#look())
    return { status: body.status === 'UP' ? 200 : 503, body }
  }

  /** What `/actuator/health` tells of each component. */
  async components(): Promise<HealthBody['components']> {
    return (await this.#look()).components
  }

  #withService(body: HealthBody): HealthBody {
    if (this.#outOfService === undefined) return body
    const service: Component = { status: 'OUT_OF_SERVICE', details: { error: this.#outOfService } }
    return { status: 'OUT_OF_SERVICE', components: { ...body.components, service } }
  }

  #look(): Promise<HealthBody> {
    const now = Date.now()
    if (!this.#cached || now - this.#cached.at > cacheMs) this.#cached = { at: now, body: this.#check() }
    return this.#cached.body
  }

  async #check(): Promise<HealthBody> {
    const { db, redis } = this.#checks
    const [diskSpace, redisState, dbState] = await Promise.all([
      checkDisk(),
      redis && component(redis),
      db && component(db),
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

async function component(check: () => Promise<void>): Promise<Component> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${checkTimeoutMs} ms`)), checkTimeoutMs)
  })
  try {
    await Promise.race([check(), timeout])
    return { status: 'UP' }
  } catch (error) {
    const status = error instanceof UnknownYetError ? 'UNKNOWN' : 'DOWN'
    return { status, details: { error: messageOf(error) } }
  } finally {
    clearTimeout(timer)
  }
}

async function checkDisk(): Promise<Component> {
  try {
    const { bavail, bsize } = await statfs(tmpdir())
    const free = bavail * bsize
    return { status: free >= minFreeBytes ? 'UP' : 'DOWN', details: { free, threshold: minFreeBytes } }
  } catch (error) {
    return { status: 'DOWN', details: { error: messageOf(error) } }
  }
}
