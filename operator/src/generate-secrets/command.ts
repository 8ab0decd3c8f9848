import type { Logger } from 'pino'
import { createClient } from '../runtime/client.ts'
import { loadCredentials } from '../runtime/credentials.ts'
import { generateSecrets } from './generate.ts'
import { readTable } from './table.ts'

/**
 * The command `generate-secrets`: creates the missing Secrets of the table in the variable SECRETS, and logs for each
 * whether it existed.
 *
 * @throws Error for an invalid table, and for Secrets that exist and lack a key
 */
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
      `existing Secrets are not changed, and some lack a key: ${incomplete.join(', ')}; add the keys, or delete a Secret that is not in use`,
    )
}
