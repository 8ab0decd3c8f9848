import type { Environment } from '../../environment/environment.ts'
import { databaseMajor } from '../../environment/database-version.ts'
import { held, type Credential, type Part } from './credential.ts'

/** The folder in which the operator mounts the Secret. */
const FOLDER = '/etc/mysql/vault-keyring-secret'

/** The keys of the Secret: the settings of MySQL's keyring, and the authority of Vault. */
export const KEYRING = 'keyring_vault.conf'
export const KEYRING_AUTHORITY = 'ca.cert'

/**
 * The Secret by which an encrypted database reaches the Vault with its keys; none for a database that is not encrypted.
 */
export function databaseKeys({ dataNamespace, database, secrets }: Environment): Credential[] {
  if (database.kind !== 'pxc' || secrets.kind !== 'vault' || database.vaultSecret === undefined) return []
  const name = database.vaultSecret
  const { server, databaseKeysPath, authority } = secrets
  const settings = {
    vault_url: server,
    secret_mount_point: databaseKeysPath,
    ...(authority !== undefined && { vault_ca: `${FOLDER}/${KEYRING_AUTHORITY}` }),
  }
  return [
    {
      namespace: dataNamespace,
      name,
      data: {
        [KEYRING]: databaseMajor(database.image) === '8.0' ? ofPlugin(settings) : ofComponent(settings),
        ...(authority !== undefined && { [KEYRING_AUTHORITY]: [authority] }),
      },
      readers: 'the nodes of the database',
    },
  ]
}

type Settings = Readonly<Record<string, string>>

/** The settings of the keyring plugin of 8.0: `name = value` lines. */
function ofPlugin(settings: Settings): Part[] {
  const lines = Object.entries(settings).map(([name, value]) => `\n${name} = ${value}`)
  return ['token = ', held('token'), `${lines.join('')}\n`]
}

/** The settings of the keyring component of later versions: JSON. A token of Vault needs no escaping. */
function ofComponent(settings: Settings): Part[] {
  const lines = Object.entries(settings).map(([name, value]) => `,\n  "${name}": ${JSON.stringify(value)}`)
  return ['{\n  "token": "', held('token'), `"${lines.join('')}\n}\n`]
}
