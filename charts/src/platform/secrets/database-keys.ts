import type { Environment } from '../values.ts'
import { held, type Credential } from './credential.ts'

/** How the database reaches the Vault that keeps the keys of its encryption at rest; without a Vault it is not encrypted. */
export function databaseKeys({ dataNamespace, database, secrets }: Environment): Credential[] {
  const name = database.kind === 'pxc' ? database.vaultSecret : undefined
  if (secrets.kind !== 'vault' || name === undefined) return []
  const lines = [`\nvault_url = ${secrets.server}`, `secret_mount_point = ${secrets.databaseKeysPath}`, '']
  return [
    {
      namespace: dataNamespace,
      name,
      data: { 'keyring_vault.conf': ['token = ', held('token'), lines.join('\n')] },
      readers: 'the nodes of the database',
    },
  ]
}
