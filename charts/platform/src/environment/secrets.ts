import { z } from 'zod'
import { httpsOrigin, objectName } from './fields.ts'

/** Random credentials, made in the cluster by a Job: for environments whose data could be made again. */
const generatedValues = z.strictObject({ kind: z.literal('generated') }).readonly()

/** Credentials from Vault, by External Secrets. */
const vaultValues = z
  .strictObject({
    kind: z.literal('vault'),
    server: httpsOrigin('must be an https:// URL: credentials travel over it'),
    /** In PEM, who signs its certificate. @default a public authority */
    authority: z
      .string()
      .regex(/^(-----BEGIN CERTIFICATE-----\n[A-Za-z0-9+/=\n]+\n-----END CERTIFICATE-----\n)+$/, {
        error: 'must be certificates in PEM, each ending with a newline',
      })
      .exactOptional(),
    /** Mount of the key-value engine (version 2) that holds the credentials. */
    path: objectName(),
    /** Where Vault's Kubernetes authentication for this cluster is mounted. With regions, `-<region>` is added. */
    authenticationPath: objectName(),
    /** The role of each namespace begins with this: `chat-app` makes `chat-app-monitoring` of `monitoring`. */
    rolePrefix: objectName(),
    /** Mount of the key-value engine (version 1) in which the database keeps the keys that encrypt it, and those of its backups. */
    databaseKeysPath: objectName(),
  })
  .readonly()
export type VaultValues = z.output<typeof vaultValues>

export const secretsValues = z.discriminatedUnion('kind', [generatedValues, vaultValues])
