import type { Database } from '../store/database.ts'
import { giveNameKeys } from '../store/name-keys.ts'
import { messageOf } from '../support/errors.ts'
import type { Logger } from '../support/log.ts'

/** The mean time between two runs; each is drawn from half to one and a half of it, so that the pods run at different times. */
const INTERVAL_MS = 600_000

/** Gives keys to users without them, and logs those whose names look like an older user's; a person may want to know. */
export async function checkNames(database: Database, log: Logger): Promise<void> {
  const { count, names } = await giveNameKeys(database)
  if (count > 0) log.warn({ count, names }, 'users have names that look like those of older users')
}

/** Pods of the release before go on registering users after the migration, without keys. Returns a function that ends it. */
export function followNames(database: Database, log: Logger): () => void {
  let timer: NodeJS.Timeout
  const next = () => {
    timer = setTimeout(() => void run(), INTERVAL_MS * (0.5 + Math.random()))
    timer.unref()
  }
  const run = async () => {
    await checkNames(database, log).catch((error: unknown) =>
      log.warn({ error: messageOf(error) }, 'the names of new users were not checked'),
    )
    next()
  }
  next()
  return () => clearTimeout(timer)
}
