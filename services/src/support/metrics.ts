import { createServer, type Server, type ServerResponse } from 'node:http'
import { getHeapStatistics } from 'node:v8'
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from '@prometheus-io/client'
import { messageOf } from './errors.ts'
import type { Health } from './health.ts'
import { listen, pathOf } from './http-server.ts'

/** The metrics of the services. Dashboards and alerts depend on their names and labels. */
export class Metrics {
  readonly registry = new Registry()
  #health: Health | undefined
  readonly acknowledged = this.#counter(
    'chat_messages_acknowledged_total',
    'Messages of users that were committed and acknowledged',
  )
  readonly refused = this.#counter('chat_upgrades_refused_total', 'WebSocket upgrades that were refused', ['code'])
  readonly opened = this.#counter('chat_connections_opened_total', 'WebSocket connections that were accepted')
  readonly moved = this.#counter(
    'chat_connections_moved_total',
    'WebSocket connections that were closed so that their clients connect to emptier processes',
  )
  readonly healed = this.#counter(
    'chat_events_healed_total',
    'Events read from the database because Redis did not deliver them',
  )
  readonly unpublished = this.#counter('chat_publish_failures_total', 'Errors of the broadcast Redis')
  readonly troubles = this.#counter('chat_write_retries_total', 'Batches that were retried')
  readonly repaired = this.#counter(
    'chat_counters_repaired_total',
    'Counters of rooms that were behind the events of the room, and were set to the last one',
  )
  readonly epochsRaised = this.#counter(
    'chat_epochs_raised_total',
    'Rooms whose epoch a process raised, because the database had lost events that were delivered',
  )
  readonly outboxConfirmed = this.#counter(
    'chat_outbox_confirmed_total',
    'Events that a consumer of the outbox has confirmed',
    ['consumer'],
  )
  readonly outboxFailures = this.#counter(
    'chat_outbox_failures_total',
    'Attempts to hand an event to a consumer of the outbox that failed',
    ['consumer'],
  )
  readonly outboxDropped = this.#counter(
    'chat_outbox_dropped_total',
    'Events that a consumer of the outbox will not get, because too many wait for it',
    ['consumer'],
  )
  readonly outboxRows = this.#gauge('chat_outbox_rows', 'Events that wait for a consumer of the outbox', ['consumer'])
  readonly outboxAge = this.#gauge(
    'chat_outbox_age_seconds',
    'How long the first event has waited for a consumer of the outbox',
    ['consumer'],
  )
  readonly outboxFailed = this.#gauge(
    'chat_outbox_failed_rows',
    'Events that a consumer of the outbox did not take, and that are not tried again',
    ['consumer'],
  )
  readonly purged = this.#counter('chat_purged_rows_total', 'Rows that were removed because of their age', ['what'])
  readonly batchRows = new Histogram({
    name: 'chat_batch_rows',
    help: 'Messages in one transaction',
    buckets: [1, 2, 5, 10, 50, 100, 500, 1000],
    registers: [this.registry],
  })
  readonly batchSeconds = new Histogram({
    name: 'chat_batch_seconds',
    help: 'Time from the start of a transaction to its commit, retries included',
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5, 20],
    registers: [this.registry],
  })

  readonly messageSeconds = new Histogram({
    name: 'chat_message_seconds',
    help: 'Time from the receipt of a message until it is stored and can be acknowledged',
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 20],
    registers: [this.registry],
  })
  readonly broadcastSeconds = new Histogram({
    name: 'chat_broadcast_seconds',
    help: 'Time from the publishing of a message until Redis returns it; a message that does not return counts as 10 s',
    buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
    registers: [this.registry],
  })
  readonly #requestSeconds = new Histogram({
    name: 'chat_http_request_seconds',
    help: 'Time to answer a request of the HTTP API, by route and status',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [this.registry],
  })

  constructor() {
    collectDefaultMetrics({ register: this.registry })
    // nodejs_heap_size_total_bytes is the size so far, not the limit.
    this.gauge(
      'chat_heap_limit_bytes',
      'The largest heap that V8 may allocate',
      () => getHeapStatistics().heap_size_limit,
    )
  }

  /** Records an answered request. `route` is the pattern of the path, so that the number of label values is bounded. */
  answered(request: { method: string; route: string; status: number; seconds: number }): void {
    const { method, route, status, seconds } = request
    this.#requestSeconds.observe({ method, route, status: String(status) }, seconds)
  }

  /** Adds a gauge whose value is read at each scrape. */
  gauge(name: string, help: string, read: () => number): void {
    new Gauge({
      name,
      help,
      registers: [this.registry],
      collect() {
        this.set(read())
      },
    })
  }

  /**
   * Adds a gauge with the state of each component of the health endpoint: 1 for UP. A scrape runs the checks, as a
   * probe does.
   */
  health(health: Health): void {
    this.#health = health
    new Gauge({
      name: 'chat_health',
      help: '1 if the health endpoint reports the component as UP',
      labelNames: ['component'],
      registers: [this.registry],
      async collect() {
        for (const [component, { status }] of Object.entries(await health.components())) {
          this.set({ component }, status === 'UP' ? 1 : 0)
        }
      },
    })
  }

  /** Serves `/metrics`, and the health endpoint with its details. @throws the server's error, such as EADDRINUSE. */
  async listen(host: string, port: number): Promise<Server> {
    const server = createServer((request, response) => {
      if (request.url === '/metrics') void this.#serve(response)
      else void this.#serveHealth(pathOf(request), response)
    })
    await listen(server, host, port)
    return server
  }

  async #serve(response: ServerResponse): Promise<void> {
    try {
      const text = await this.registry.metrics()
      response.writeHead(200, { 'Content-Type': this.registry.contentType }).end(text)
    } catch (error) {
      response.writeHead(500).end(messageOf(error))
    }
  }

  async #serveHealth(path: string, response: ServerResponse): Promise<void> {
    const found = await this.#health?.answer(path, true)
    if (found === undefined) return void response.writeHead(404).end()
    response.writeHead(found.status, { 'Content-Type': 'application/json' }).end(JSON.stringify(found.body))
  }

  #gauge<Label extends string>(name: string, help: string, labelNames: Label[]): Gauge<Label> {
    return new Gauge({ name, help, labelNames, registers: [this.registry] })
  }

  #counter<Label extends string = never>(name: string, help: string, labelNames: Label[] = []): Counter<Label> {
    return new Counter({ name, help, labelNames, registers: [this.registry] })
  }
}
