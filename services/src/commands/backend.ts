import type { Config } from '../config/load.ts'
import type { ServiceFile } from '../config/schema.ts'
import { Bus } from '../fanout/bus.ts'
import { announceEntries } from '../fanout/inbox-announcer.ts'
import { Nudge } from '../fanout/nudge.ts'
import { DatabaseClock } from '../session/clock.ts'
import { Logins } from '../session/logins.ts'
import { Sessions } from '../session/sessions.ts'
import { Tokens } from '../session/tokens.ts'
import { Accounts } from '../store/accounts.ts'
import { Blocks } from '../store/blocks.ts'
import { Database } from '../store/database.ts'
import { Kinds } from '../kinds/kinds.ts'
import { DeviceSessions } from '../store/device-sessions.ts'
import { ChannelNames } from '../store/channel-names.ts'
import { Events } from '../store/events.ts'
import { Features } from '../store/features.ts'
import type { Outbox } from '../store/outbox.ts'
import { Revocations } from '../store/revocations.ts'
import { Rooms } from '../store/rooms.ts'
import { TokenStates } from '../store/token-states.ts'
import { Users } from '../store/users.ts'
import { Writer } from '../store/writer.ts'
import { messageOf } from '../support/errors.ts'
import { WRITE_LANES } from '../support/limits.ts'
import { memoryShares } from '../support/memory.ts'
import type { Logger } from '../support/log.ts'
import type { Metrics } from '../support/metrics.ts'
import { throttledWarn } from '../support/throttled.ts'
import { followCredentials } from './credentials.ts'
import { inboxHook } from './inbox.ts'
import { openOutbox, outboxHook } from './outbox.ts'

/** The parts that `api`, `websocket` and `worker` share. They follow rotated credentials. */
export interface Backend {
  readonly database: Database
  readonly users: Users
  readonly accounts: Accounts
  readonly devices: DeviceSessions
  readonly rooms: Rooms
  readonly blocks: Blocks
  readonly events: Events
  readonly writer: Writer
  readonly features: Features
  readonly kinds: Kinds
  readonly outbox: Outbox
  readonly bus: Bus
  readonly channelNames: ChannelNames
  readonly sessions: Sessions
  readonly logins: Logins
  close(): Promise<void>
}

type Warn = ReturnType<typeof throttledWarn>

/** Opens the backend. Connections are made in the background; the health checks report their state. */
export function openBackend(config: Config, log: Logger, metrics: Metrics): Backend {
  const warn = throttledWarn(log)
  const database = new Database(config.database)
  const bus = openBus(config, metrics, warn, log)
  const features = new Features(database)
  features.follow((error) => warn({ error: messageOf(error) }, 'the features cannot be read'))
  const { outbox, stop: stopOutbox } = openOutbox(database, metrics, log)
  const channelNames = new ChannelNames(database, (error) =>
    warn({ error: messageOf(error) }, 'the key of the channels cannot be read'),
  )
  void channelNames.start()
  const kinds = new Kinds({ hooks: [inboxHook(bus, channelNames), outboxHook(outbox)] })
  const writer = openWriter({ database, features, kinds, metrics, log })
  const { tokens, ...identity } = openIdentity(config, database, bus)
  observeDatabase(database, metrics)
  metrics.gauge(
    'chat_rooms_held',
    'Rooms whose messages wait apart from the others, because another session has locked the room or it always fails',
    () => writer.heldRooms,
  )
  const rotation = followCredentials(config, { database, bus, tokens }, log)
  identity.sessions.follow((error) => warn({ error: messageOf(error) }, 'revocations cannot be read'))
  return {
    database,
    ...identity,
    rooms: new Rooms(database, (heads) => announceEntries(bus, channelNames, heads)),
    blocks: new Blocks(database),
    events: new Events(database),
    writer,
    features,
    kinds,
    outbox,
    bus,
    channelNames,
    close: async () => {
      identity.sessions.stop()
      features.stop()
      channelNames.stop()
      config.files.stop()
      rotation.stop()
      bus.close()
      await stopOutbox()
      await database.close()
    },
  }
}

const HOUR_MS = 3_600_000

/** How long a session lasts. */
export function sessionLengthMs({ jwt }: ServiceFile): number {
  return jwt.expiration_hours * HOUR_MS
}

/** Who may do what, and which sessions they have. */
function openIdentity(config: Config, database: Database, bus: Bus) {
  const { jwt, users } = config.service
  const sessionMs = sessionLengthMs(config.service)
  const clock = new DatabaseClock()
  const tokens = new Tokens({ secret: jwt.secret, previousSecret: jwt.previous_secret, now: () => clock.now() })
  const revocations = new Revocations(database)
  const devices = new DeviceSessions(database)
  const nudge = new Nudge({ bus, name: 'revoked', onNudged: () => sessions.hurry() })
  const sessions: Sessions = new Sessions({
    tokens,
    revocations,
    states: new TokenStates(database),
    clock,
    announce: () => nudge.send(),
  })
  return {
    tokens,
    sessions,
    devices,
    users: new Users(database),
    accounts: new Accounts(database, { sessionMs, deletedMessages: users.deleted_messages }),
    logins: new Logins({ devices, revocations, sessions, tokens, sessionMs }),
  }
}

function openBus(config: Config, metrics: Metrics, warn: Warn, log: Logger): Bus {
  return new Bus({
    url: config.redis.broadcastUrl,
    ca: config.redis.ca,
    onTrouble: (message) => {
      metrics.unpublished.inc()
      warn({ error: message }, 'redis failed: until it is back, events are delivered from the database')
    },
    onReturned: (seconds) => metrics.broadcastSeconds.observe(seconds),
    onSlow: (seconds) => warn({ seconds }, 'redis is slow: what this process publishes returns late'),
    onReopen: (error) => log.warn({ error }, 'redis carries no messages: its connections are opened again'),
  })
}

function openWriter(parts: {
  database: Database
  features: Features
  kinds: Kinds
  metrics: Metrics
  log: Logger
}): Writer {
  const { database, features, kinds, metrics, log } = parts
  const warn = throttledWarn(log)
  return new Writer(database, {
    maxQueuedBytes: memoryShares().queuedBytes / WRITE_LANES,
    // While the features are unread it throws, and the batch waits: without rules it would be stored unchecked.
    context: () => ({ rules: features.isOn ? kinds : undefined, hashKey: features.hashKey }),
    onBatch: ({ rows, ofUsers, durationMs }) => {
      metrics.acknowledged.inc(ofUsers)
      metrics.batchRows.observe(rows)
      metrics.batchSeconds.observe(durationMs / 1000)
    },
    onTrouble: ({ message, attempt }) => {
      metrics.troubles.inc()
      warn({ error: message, attempt }, 'a batch is retried')
    },
    onRepaired: (repair) => {
      metrics.repaired.inc()
      log.warn(repair, 'the counter of a room was behind its events: it continues after the last one')
    },
  })
}

function observeDatabase(database: Database, metrics: Metrics): void {
  metrics.gauge('chat_database_connections', 'Database connections in use', () => database.usage.lent)
  metrics.gauge('chat_database_connections_limit', 'The most database connections', () => database.usage.limit)
  metrics.gauge('chat_database_waiting', 'Callers that wait for a database connection', () => database.usage.waiting)
}
