import type { Environment } from '../../environment/environment.ts'
import { held, type Credential } from './credential.ts'

/** The folder in which the operator mounts the Secret. */
const FOLDER = '/etc/mysql/vault-keyring-secret'

/** The keys of the Secret: the settings of MySQL's keyring, and the authority of Vault. */
export const KEYRING = 'keyring_vault.conf'
export const KEYRING_AUTHORITY = 'ca.cert'

/**
 * The Secret by which an encrypted database reaches the Vault with its keys; none for a database that is not encrypted.
 */
export function databaseKeys({ dataNamespace, database, secrets }: Environment): Credential[] {
  const name = database.kind === 'pxc' ? database.vaultSecret : undefined
  if (secrets.kind !== 'vault' || name === undefined) return []
  const { server, databaseKeysPath, authority } = secrets
  const lines = [`\nvault_url = ${server}`, `secret_mount_point = ${databaseKeysPath}`]
  if (authority !== undefined) lines.push(`vault_ca = ${FOLDER}/${KEYRING_AUTHORITY}`)
  return [
    {
      namespace: dataNamespace,
      name,
      data: {
        [KEYRING]: ['token = ', held('token'), `${lines.join('\n')}\n`],
        ...(authority !== undefined && { [KEYRING_AUTHORITY]: [authority] }),
      },
      readers: 'the nodes of the database',
    },
  ]
}
