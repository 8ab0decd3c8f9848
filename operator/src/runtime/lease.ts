import { LEASES } from '@chat-app/chat/resources'
import { LEASE_MS } from '../limits.ts'
import { sleep } from './backoff.ts'
import type { Client } from './client.ts'
import { hasStatus, isConflict } from './errors.ts'
import { at } from './json.ts'
import { microTime } from './time.ts'
import type { KubeObject } from './types.ts'

export interface LeaseOptions {
  readonly client: Client
  readonly namespace: string
  readonly name: string
  /** Unique among all candidates. */
  readonly identity: string
  /** A lease that was not renewed for this time has expired. @default 15,000 */
  readonly durationMs?: number
  /** A leader that could not renew for this time gives up, before the lease expires. @default 10,000 */
  readonly renewDeadlineMs?: number
  /** Time between two attempts. @default 2000 */
  readonly retryMs?: number
  readonly onError?: (error: unknown) => void
}

/** The Lease's spec, as coordination.k8s.io/v1 has it. */
interface LeaseSpec {
  holderIdentity?: string
  leaseDurationSeconds?: number
  acquireTime?: string
  renewTime?: string
  leaseTransitions?: number
}

/**
 * Leader election by a Lease. Clocks of different machines are never compared: a lease has expired when it has not
 * changed for its duration, measured by the clock of this process.
 */
export class LeaderElection {
  readonly #options: Required<LeaseOptions>
  readonly #stopped = new AbortController()
  readonly #elected = Promise.withResolvers<void>()
  readonly #lost = Promise.withResolvers<Error>()
  #running: Promise<void> | undefined
  #held: KubeObject | undefined
  #seen: { version: string; atMs: number } | undefined
  #isLeader = false

  constructor(options: LeaseOptions) {
    this.#options = { ...LEASE_MS, onError: () => {}, ...options }
  }

  get isLeader(): boolean {
    return this.#isLeader
  }

  /** Resolves when this candidate becomes the leader. */
  get elected(): Promise<void> {
    return this.#elected.promise
  }

  /** Resolves with the reason when the leadership is lost. It cannot be won again: the process has to restart. */
  get lost(): Promise<Error> {
    return this.#lost.promise
  }

  start(): void {
    this.#running ??= this.#run()
  }

  /** Ends the election. A lease that is held is released, so that another candidate takes over at once, or left to expire. */
  async stop({ release = true } = {}): Promise<void> {
    this.#stopped.abort()
    await this.#running
    if (!this.#isLeader) return
    this.#isLeader = false
    if (!release) return
    await this.#write({ ...specOf(this.#held), holderIdentity: '', leaseDurationSeconds: 1 }).catch(
      this.#options.onError,
    )
  }

  async #run(): Promise<void> {
    while (!this.#stopped.signal.aborted && !(await this.#tryAcquire())) {
      await sleep(this.#options.retryMs * (1 + Math.random() / 5), this.#stopped.signal)
    }
    if (this.#stopped.signal.aborted) return
    this.#elected.resolve()
    await this.#renew()
  }

  async #tryAcquire(): Promise<boolean> {
    try {
      const lease = await this.#read()
      if (lease !== undefined && !this.#isFree(lease)) return false
      const spec = specOf(lease)
      const now = microTime(new Date())
      const isOurs = spec.holderIdentity === this.#options.identity
      this.#held = lease
      await this.#write({
        holderIdentity: this.#options.identity,
        leaseDurationSeconds: Math.ceil(this.#options.durationMs / 1000),
        acquireTime: isOurs ? (spec.acquireTime ?? now) : now,
        renewTime: now,
        leaseTransitions: (spec.leaseTransitions ?? 0) + (isOurs || lease === undefined ? 0 : 1),
      })
      this.#isLeader = true
      return true
    } catch (error) {
      // A conflict: another candidate was faster.
      if (!isConflict(error)) this.#options.onError(error)
      return false
    }
  }

  #isFree(lease: KubeObject): boolean {
    const { holderIdentity, leaseDurationSeconds } = specOf(lease)
    if (holderIdentity === undefined || holderIdentity === '' || holderIdentity === this.#options.identity) return true
    const version = lease.metadata.resourceVersion ?? ''
    if (this.#seen?.version !== version) this.#seen = { version, atMs: performance.now() }
    const durationMs = leaseDurationSeconds === undefined ? this.#options.durationMs : leaseDurationSeconds * 1000
    return performance.now() - this.#seen.atMs > durationMs
  }

  async #renew(): Promise<void> {
    let deadline = this.#deadlineAfter(performance.now())
    while (this.#isLeader && !this.#stopped.signal.aborted) {
      await sleep(this.#options.retryMs, this.#stopped.signal)
      if (this.#stopped.signal.aborted) break
      const startMs = performance.now()
      try {
        await this.#write({ ...specOf(this.#held), renewTime: microTime(new Date()) })
        clearTimeout(deadline)
        deadline = this.#deadlineAfter(startMs)
      } catch (error) {
        this.#options.onError(error)
        if (hasStatus(error, 404, 409)) await this.#reread()
      }
    }
    clearTimeout(deadline)
  }

  /** A timer, so that a request without an answer cannot outlast the lease. */
  #deadlineAfter(renewedAtMs: number): NodeJS.Timeout {
    const { renewDeadlineMs } = this.#options
    const leftMs = renewedAtMs + renewDeadlineMs - performance.now()
    return setTimeout(() => this.#lose(`not renewed for ${renewDeadlineMs} ms`), leftMs)
  }

  /** Reads the lease after a conflict. If this candidate still holds it, the next renewal uses the new version. */
  async #reread(): Promise<void> {
    try {
      const lease = await this.#read()
      const holder = specOf(lease).holderIdentity
      if (lease === undefined || holder === this.#options.identity) this.#held = lease
      else this.#lose(`taken over by ${holder === undefined || holder === '' ? 'nobody' : holder}`)
    } catch (error) {
      this.#options.onError(error)
    }
  }

  #lose(why: string): void {
    this.#isLeader = false
    this.#lost.resolve(new Error(`lease ${this.#options.namespace}/${this.#options.name}: ${why}`))
  }

  async #read(): Promise<KubeObject | undefined> {
    const { client, namespace, name, retryMs, renewDeadlineMs } = this.#options
    return client.find(LEASES, namespace, name, Math.max(retryMs, renewDeadlineMs / 2))
  }

  async #write(spec: LeaseSpec): Promise<void> {
    const { client, namespace, name, retryMs, renewDeadlineMs } = this.#options
    const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', spec }
    if (this.#held === undefined) {
      this.#held = await client.create({ ...lease, metadata: { name, namespace } })
      return
    }
    // The resourceVersion makes every write conditional, so that two candidates cannot both become the leader.
    const metadata = { ...this.#held.metadata }
    delete metadata['managedFields']
    this.#held = await client.replace({ ...lease, metadata }, Math.max(retryMs, renewDeadlineMs / 2))
  }
}

function specOf(lease: KubeObject | undefined): LeaseSpec {
  return at<LeaseSpec>(lease, 'spec') ?? {}
}
