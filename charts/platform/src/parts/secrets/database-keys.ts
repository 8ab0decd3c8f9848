import type { Environment } from '../../environment/environment.ts'
import { held, type Credential } from './credential.ts'

/** Where the operator of Percona mounts the Secret. */
const FOLDER = '/etc/mysql/vault-keyring-secret'

/** Keys of the Secret: the settings of MySQL's keyring, and who signed Vault's certificate. */
export const KEYRING = 'keyring_vault.conf'
export const KEYRING_AUTHORITY = 'ca.cert'

/** How the database reaches the Vault that keeps the keys of its encryption at rest; without a Vault it is not encrypted. */
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
