import { apiVersionOf, pathOf, type Resource } from '@chat-app/chat/resources'
import { WATCH_BACKOFF_MS } from '../limits.ts'
import { backoff, sleep } from './backoff.ts'
import type { Change, ObjectStore } from './change.ts'
import type { Client } from './client.ts'
import { ApiError, hasStatus, isExpired } from './errors.ts'
import type { KubeObject } from './types.ts'
import { watchEvents, type WatchEvent } from './watch-events.ts'
import { retryAfterMs, WatchFailure } from './watch-failure.ts'

const PAGE_SIZE = 500
/** The server ends a watch after 5 to 10 minutes, as client-go requests it, so that load spreads over its replicas. */
const MIN_WATCH_SECONDS = 300
/** The server sends a bookmark about once a minute; a watch without an event for three minutes is dead. */
const STALLED_AFTER_MS = 180_000
/** A watch that ends sooner without an event has failed. */
const MIN_EMPTY_WATCH_MS = 1000

export interface ReflectorOptions {
  readonly client: Client
  readonly resource: Resource
  readonly namespace: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
  readonly store: ObjectStore
  /** Reduces an object before it is stored. `managedFields` are always removed. */
  readonly keep?: (object: KubeObject) => KubeObject
  /** Called for every change. An error that it throws is passed to `onError`. */
  readonly onChange: (change: Change) => void
  readonly onError?: (error: unknown, retryInMs: number) => void
  readonly onWatch?: (event: 'opened' | 'expired' | 'stalled' | 'failed') => void
  /** @default { base: 200, max: 15_000 } */
  readonly backoffMs?: { readonly base: number; readonly max: number }
  /** The least delay after a 403. @default that of every failure */
  readonly forbiddenRetryMs?: number
  /** @default 180,000 */
  readonly stalledAfterMs?: number
}

/** Keeps a store equal to the objects of one kind in one namespace, through every failure, until it is stopped. */
export class Reflector {
  readonly #options: ReflectorOptions
  readonly #stopped = new AbortController()
  readonly #synced = Promise.withResolvers<void>()
  readonly #attempted = Promise.withResolvers<void>()
  #running: Promise<void> | undefined
  #isSynced = false

  constructor(options: ReflectorOptions) {
    this.#options = options
    // A rejection that nobody waits for must not end the process.
    this.#synced.promise.catch(() => {})
  }

  /** True once the first list is in the store. */
  get isSynced(): boolean {
    return this.#isSynced
  }

  /** Resolves after the first list, rejects when stopped before it. */
  get synced(): Promise<void> {
    return this.#synced.promise
  }

  /** Resolves once the first list has ended, with a success or not. */
  get attempted(): Promise<void> {
    return this.#attempted.promise
  }

  start(): void {
    this.#running ??= this.#run()
  }

  /** Ends the watch. Once it has resolved, no request is sent and no change is reported. May be called several times. */
  async stop(): Promise<void> {
    this.#stopped.abort()
    await this.#running
    this.#synced.reject(new Error('the reflector was stopped before its first list'))
  }

  get #isStopped(): boolean {
    return this.#stopped.signal.aborted
  }

  async #run(): Promise<void> {
    const { base, max } = this.#options.backoffMs ?? WATCH_BACKOFF_MS
    const retry = backoff(base, max)
    let version: string | undefined
    while (!this.#isStopped) {
      try {
        version ??= await this.#list()
        version = await this.#watch(version, () => retry.reset())
      } catch (error) {
        this.#attempted.resolve()
        if (this.#isStopped) return
        version = this.#versionAfter(error, version)
        const forbiddenMs = hasStatus(error, 403) ? (this.#options.forbiddenRetryMs ?? 0) : 0
        const delayMs = Math.max(retry.next(), retryAfterMs(error), forbiddenMs)
        this.#options.onError?.(error, delayMs)
        await sleep(delayMs, this.#stopped.signal)
      }
    }
  }

  /** The version to watch from after an error: none after a 410 or an ERROR event, which need a new list. */
  #versionAfter(error: unknown, version: string | undefined): string | undefined {
    if (error instanceof WatchFailure) {
      this.#options.onWatch?.(isExpired(error.cause) ? 'expired' : 'failed')
      return error.cause instanceof ApiError ? undefined : error.version
    }
    if (isExpired(error)) {
      this.#options.onWatch?.('expired')
      return undefined
    }
    return version
  }

  async #list(): Promise<string> {
    const { client, resource, namespace, store } = this.#options
    const objects: KubeObject[] = []
    let next: string | undefined
    let version: string | undefined
    do {
      const page = await client.list(resource, namespace, {
        limit: PAGE_SIZE,
        signal: this.#stopped.signal,
        ...this.#selectors,
        ...(next === undefined ? {} : { continue: next }),
      })
      version ??= page.metadata.resourceVersion
      next = page.metadata.continue === '' ? undefined : page.metadata.continue
      // The items of a list have neither apiVersion nor kind.
      for (const item of page.items) objects.push(this.#keep({ ...item, ...this.#type }))
    } while (next !== undefined)
    if (this.#isStopped) throw new Error('stopped')
    this.#report(store.replace(objects, version, namespace))
    this.#isSynced = true
    this.#synced.resolve()
    this.#attempted.resolve()
    return version ?? ''
  }

  /** Watches from `version`; returns the last version seen when the server ended the watch at its timeout. */
  async #watch(version: string, onProgress: () => void): Promise<string> {
    const end = new AbortController()
    const signal = AbortSignal.any([this.#stopped.signal, end.signal])
    const stalledAfterMs = this.#options.stalledAfterMs ?? STALLED_AFTER_MS
    const stalled = setTimeout(() => end.abort(new Error(`no event for ${stalledAfterMs} ms`)), stalledAfterMs)
    let last = version
    let events = 0
    let isOpen = false
    const openedAtMs = performance.now()
    try {
      const body = await this.#open(version, signal)
      isOpen = true
      this.#options.onWatch?.('opened')
      for await (const event of watchEvents(body)) {
        if (this.#isStopped) return last
        stalled.refresh()
        last = event.object.metadata.resourceVersion ?? last
        events += 1
        onProgress()
        this.#take(event)
      }
    } catch (error) {
      if (end.signal.aborted) this.#options.onWatch?.('stalled')
      if (error instanceof ApiError && !isOpen) throw error
      throw new WatchFailure(last, end.signal.aborted ? end.signal.reason : error)
    } finally {
      clearTimeout(stalled)
      end.abort()
    }
    // A server that closes every watch at once must not be called in a tight loop.
    if (events === 0 && performance.now() - openedAtMs < MIN_EMPTY_WATCH_MS)
      throw new WatchFailure(last, new Error('closed at once'))
    return last
  }

  #open(version: string, signal: AbortSignal) {
    const { client, resource, namespace } = this.#options
    return client.stream({
      method: 'GET',
      verb: 'watch',
      path: pathOf(resource, namespace),
      query: {
        watch: true,
        allowWatchBookmarks: true,
        resourceVersion: version,
        timeoutSeconds: Math.round(MIN_WATCH_SECONDS * (1 + Math.random())),
        ...this.#selectors,
      },
      signal,
    })
  }

  get #selectors() {
    const { labelSelector, fieldSelector } = this.#options
    return { ...(labelSelector && { labelSelector }), ...(fieldSelector && { fieldSelector }) }
  }

  #take(event: WatchEvent): void {
    if (event.type === 'BOOKMARK') return
    const object = this.#keep(event.object)
    const { store } = this.#options
    this.#report(event.type === 'DELETED' ? store.remove(object) : store.upsert(object))
  }

  #report(changes: readonly Change[]): void {
    for (const change of changes) {
      try {
        this.#options.onChange(change)
      } catch (error) {
        this.#options.onError?.(error, 0)
      }
    }
  }

  #keep(object: KubeObject): KubeObject {
    delete object.metadata['managedFields']
    return this.#options.keep?.(object) ?? object
  }

  get #type() {
    const { resource } = this.#options
    return { apiVersion: apiVersionOf(resource), kind: resource.kind }
  }
}
