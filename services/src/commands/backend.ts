import type { Config } from '../config/load.ts'
import { messageOf } from '../support/errors.ts'
import { Bus } from '../fanout/bus.ts'
import type { Logger } from '../support/log.ts'
import type { Metrics } from '../support/metrics.ts'
import { Sessions } from '../session/sessions.ts'
import { Tokens } from '../session/tokens.ts'
import { Database } from '../store/database.ts'
import { Events } from '../store/events.ts'
import { Revocations } from '../store/revocations.ts'
import { Rotation } from '../support/rotation.ts'
import { Rooms } from '../store/rooms.ts'
import { Users } from '../store/users.ts'
import { Writer } from '../store/writer.ts'
import { throttled } from '../support/throttled.ts'

/** What `api` and `websocket` share: the stores, the bus and the sessions, which follow rotated credentials. */
export interface Backend {
  readonly database: Database
  readonly users: Users
  readonly rooms: Rooms
  readonly events: Events
  readonly writer: Writer
  readonly bus: Bus
  readonly tokens: Tokens
  readonly sessions: Sessions
  close(): Promise<void>
}

export function openBackend(config: Config, log: Logger, metrics: Metrics): Backend {
  const warn = throttled(5000, (trouble: object, message: string) => log.warn(trouble, message))
  const database = new Database(config.database)
  const { jwt } = config.service
  const tokens = new Tokens({
    secret: jwt.secret,
    previousSecret: jwt.previous_secret,
    expirationHours: jwt.expiration_hours,
  })
  const sessions = new Sessions(tokens, new Revocations(database))
  const bus = new Bus({
    url: config.redis.broadcastUrl,
    ca: config.redis.ca,
    onTrouble: (message) => {
      metrics.unpublished.inc()
      warn({ error: message }, 'redis: events go by way of the database until it is back')
    },
    onReturned: (seconds) => metrics.broadcastSeconds.observe(seconds),
  })
  const writer = new Writer(database, {
    onBatch: ({ rows, durationMs }) => {
      metrics.acknowledged.inc(rows)
      metrics.batchRows.observe(rows)
      metrics.batchSeconds.observe(durationMs / 1000)
    },
    onTrouble: ({ message, attempt }) => {
      metrics.troubles.inc()
      warn({ error: message, attempt }, 'a batch is tried again')
    },
  })
  metrics.gauge('chat_database_connections', 'Database connections in use', () => database.usage.lent)
  metrics.gauge('chat_database_connections_limit', 'Database connections that there may be', () => database.usage.limit)
  metrics.gauge('chat_database_waiting', 'Callers that wait for a database connection', () => database.usage.waiting)
  const rotation = followCredentials(config, { database, bus, tokens }, log)
  sessions.follow((error) => warn({ error: messageOf(error) }, 'revocations cannot be read'))
  return {
    database,
    users: new Users(database),
    rooms: new Rooms(database),
    events: new Events(database),
    writer,
    bus,
    tokens,
    sessions,
    close: async () => {
      sessions.stop()
      config.files.stop()
      rotation.stop()
      bus.close()
      await database.close()
    },
  }
}

/** A value that does not work is reported and leaves the old one in place. */
function followCredentials(config: Config, parts: Pick<Backend, 'database' | 'bus' | 'tokens'>, log: Logger): Rotation {
  const { files } = config
  const rotation = new Rotation({
    rotate: (url) => parts.database.rotate(url),
    onRotated: () => log.info('DATABASE_URL was rotated'),
    onError: (error) =>
      log.error({ error: messageOf(error) }, 'the new DATABASE_URL does not work yet: the old one stays meanwhile'),
  })
  files.onChange((changed) => {
    if (changed.has('DATABASE_URL')) rotation.want(files.get('DATABASE_URL') ?? '')
    if (changed.has('REDIS_URL') || changed.has('BROADCAST_REDIS_URL')) {
      attempt(log, 'BROADCAST_REDIS_URL', () =>
        parts.bus.refresh(files.get('BROADCAST_REDIS_URL') ?? files.get('REDIS_URL')),
      )
    }
    if (changed.has('JWT_SECRET') || changed.has('JWT_PREVIOUS_SECRET')) {
      attempt(log, 'JWT_SECRET', () => {
        const [secret = '', previous] = [files.get('JWT_SECRET'), files.get('JWT_PREVIOUS_SECRET')]
        if (secret.length < 32 || (previous ?? secret).length < 32) throw new Error('must have at least 32 characters')
        parts.tokens.rotate(secret, previous)
      })
    }
  })
  return rotation
}

function attempt(log: Logger, name: string, rotate: () => void): void {
  try {
    rotate()
    log.info(`${name} was rotated`)
  } catch (error) {
    log.error({ error: messageOf(error) }, `the new ${name} does not work: the old one stays`)
  }
}
