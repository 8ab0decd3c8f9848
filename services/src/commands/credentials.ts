import type { Config } from '../config/load.ts'
import { MIN_SECRET_CHARACTERS } from '../config/schema.ts'
import type { Bus } from '../fanout/bus.ts'
import type { Tokens } from '../session/tokens.ts'
import type { Database } from '../store/database.ts'
import { messageOf } from '../support/errors.ts'
import type { Logger } from '../support/log.ts'
import { Rotation } from '../support/rotation.ts'

export interface Rotated {
  readonly database: Database
  readonly bus: Bus
  readonly tokens: Tokens
}

/** Applies credentials that change in their mounted files. One that does not work is logged, and the old one stays in use. */
export function followCredentials(config: Config, rotated: Rotated, log: Logger): Rotation {
  const { files } = config
  const rotation = followDatabaseUrl(config, rotated.database, log)
  files.onChange((changed) => {
    if (changed.has('REDIS_URL') || changed.has('BROADCAST_REDIS_URL')) {
      rotate(log, 'BROADCAST_REDIS_URL', () =>
        rotated.bus.refresh(files.get('BROADCAST_REDIS_URL') ?? files.get('REDIS_URL')),
      )
    }
    if (changed.has('JWT_SECRET') || changed.has('JWT_PREVIOUS_SECRET')) {
      rotate(log, 'JWT_SECRET', () =>
        rotateSecrets(rotated.tokens, files.get('JWT_SECRET'), files.get('JWT_PREVIOUS_SECRET')),
      )
    }
  })
  return rotation
}

/** Applies a DATABASE_URL that changes in its mounted file, as soon as the database accepts it. */
export function followDatabaseUrl({ files }: Config, database: Database, log: Logger): Rotation {
  const rotation = new Rotation({
    rotate: (url) => database.rotate(url),
    onRotated: () => log.info('DATABASE_URL was rotated'),
    onError: (error) =>
      log.error({ error: messageOf(error) }, 'the new DATABASE_URL does not work yet: the old one stays in use'),
  })
  files.onChange((changed) => {
    if (changed.has('DATABASE_URL')) rotation.want(files.get('DATABASE_URL') ?? '')
  })
  return rotation
}

/** Runs `apply` and logs the outcome. */
export function rotate(log: Logger, name: string, apply: () => void): void {
  try {
    apply()
    log.info(`${name} was rotated`)
  } catch (error) {
    log.error({ error: messageOf(error) }, `the new ${name} does not work: the old one stays in use`)
  }
}

function rotateSecrets(tokens: Tokens, secret = '', previous?: string): void {
  if (Math.min(secret.length, (previous ?? secret).length) < MIN_SECRET_CHARACTERS)
    throw new Error(`must have at least ${MIN_SECRET_CHARACTERS} characters`)
  tokens.rotate(secret, previous)
}
