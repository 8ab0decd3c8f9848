import type { Logger } from 'pino'
import { createClient } from '../runtime/client.ts'
import { loadCredentials } from '../runtime/credentials.ts'
import { generateSecrets } from './generate.ts'
import { readTable } from './table.ts'

/** The command `generate-secrets`: makes the Secrets of the table in SECRETS, and says of each whether it was there. */
export async function generateSecretsCommand(environment: NodeJS.ProcessEnv, log: Logger): Promise<void> {
  const table = readTable(environment['SECRETS'])
  const client = createClient({ credentials: loadCredentials(), userAgent: 'chat-app-generate-secrets' })
  const incomplete: string[] = []
  try {
    await generateSecrets(client, table, ({ missing, ...outcome }) => {
      log.info(outcome, 'secret')
      incomplete.push(...missing.map((key) => `${outcome.namespace}/${outcome.name} without ${key}`))
    })
  } finally {
    await client.close()
  }
  if (incomplete.length > 0)
    throw new Error(
      `Secrets that exist are never changed, and some lack a key: ${incomplete.join(', ')}. Add the keys, or delete a Secret that nothing uses yet`,
    )
}
