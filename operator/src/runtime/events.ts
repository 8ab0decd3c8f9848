import { hashOf } from '@chat-app/chat'
import { EVENTS, pathOf } from '@chat-app/chat/resources'
import { EVENT_BURST, EVENT_REFILL_MS, EVENT_SERIES_MS } from '../limits.ts'
import type { Client } from './client.ts'
import { microTime } from './time.ts'
import type { KubeObject } from './types.ts'
import { remember } from './remember.ts'

/** The API server refuses a longer note. */
const MAX_NOTE_BYTES = 1024
/** Series and budgets of the most recent objects; for an older one a new event is written. */
const MAX_REMEMBERED = 2000
/** The API server refuses a longer name of the reporting instance. */
const MAX_INSTANCE_CHARACTERS = 128

export interface EventInput {
  readonly type: 'Normal' | 'Warning'
  /** One word in CamelCase: why. */
  readonly reason: string
  /** One word in CamelCase: the action that was taken. */
  readonly action: string
  readonly note: string
}

interface Series {
  readonly name: string
  readonly namespace: string
  firstAtMs: number
  count: number
}

/** Writes events about objects. Nothing depends on an event, so a failure to write one is only reported. */
export class EventRecorder {
  readonly #client: Client
  readonly #instance: string
  readonly #onError: (error: unknown) => void
  readonly #series = new Map<string, Series>()
  readonly #budgets = new Map<string, { left: number; atMs: number }>()

  constructor(client: Client, instance: string, onError: (error: unknown) => void) {
    this.#client = client
    this.#instance = instance
    this.#onError = onError
  }

  /** Records an event about `regarding`. Repetitions become one series; the number of events of one object is limited. */
  async record(regarding: KubeObject, event: EventInput, now = Date.now()): Promise<void> {
    const uid = regarding.metadata.uid ?? ''
    const key = [uid, event.type, event.reason, event.action, event.note].join('\n')
    const series = this.#series.get(key)
    if (!this.#mayWrite(uid, now)) return
    try {
      if (series !== undefined && now - series.firstAtMs < EVENT_SERIES_MS) await this.#repeat(series, now)
      else await this.#create(key, regarding, event, now)
    } catch (error) {
      this.#onError(error)
    }
  }

  async #repeat(series: Series, now: number): Promise<void> {
    series.count += 1
    await this.#client.request({
      method: 'PATCH',
      path: pathOf(EVENTS, series.namespace, series.name),
      contentType: 'application/merge-patch+json',
      body: { series: { count: series.count, lastObservedTime: microTime(new Date(now)) } },
    })
  }

  async #create(key: string, regarding: KubeObject, event: EventInput, now: number): Promise<void> {
    const namespace = regarding.metadata.namespace ?? 'default'
    const name = `${regarding.metadata.name}.${hashOf([key, now])}`
    remember(this.#series, key, { name, namespace, firstAtMs: now, count: 1 }, MAX_REMEMBERED)
    await this.#client.create({
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { name, namespace },
      eventTime: microTime(new Date(now)),
      reportingController: 'chat-app.com/operator',
      reportingInstance: this.#instance.slice(0, MAX_INSTANCE_CHARACTERS),
      type: event.type,
      reason: event.reason,
      action: event.action,
      note: truncate(event.note),
      regarding: referenceTo(regarding),
    })
  }

  #mayWrite(uid: string, now: number): boolean {
    const budget = this.#budgets.get(uid) ?? { left: EVENT_BURST, atMs: now }
    const refilled = Math.floor((now - budget.atMs) / EVENT_REFILL_MS)
    const left = Math.min(EVENT_BURST, budget.left + refilled)
    const spent = { left: Math.max(0, left - 1), atMs: budget.atMs + refilled * EVENT_REFILL_MS }
    remember(this.#budgets, uid, spent, MAX_REMEMBERED)
    return left > 0
  }
}

function referenceTo(object: KubeObject) {
  const { name, namespace, uid, resourceVersion } = object.metadata
  return { apiVersion: object.apiVersion, kind: object.kind, name, namespace, uid, resourceVersion }
}

function truncate(note: string): string {
  const bytes = Buffer.from(note)
  // Cutting inside a character leaves a replacement character of three bytes.
  return bytes.length <= MAX_NOTE_BYTES ? note : `${bytes.subarray(0, MAX_NOTE_BYTES - 8).toString('utf8')}…`
}
