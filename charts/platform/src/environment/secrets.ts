import { z } from 'zod'
import { httpsOrigin, objectName } from './fields.ts'

/** A Job generates random credentials in the cluster. For environments whose data can be recreated. */
const generatedValues = z.strictObject({ kind: z.literal('generated') }).readonly()

/** External Secrets copies the credentials from Vault. */
const vaultValues = z
  .strictObject({
    kind: z.literal('vault'),
    server: httpsOrigin('must be an https:// URL: credentials travel over it'),
    /** The certificate authority of Vault in PEM. @default a public authority */
    authority: z
      .string()
      .regex(/^(-----BEGIN CERTIFICATE-----\n[A-Za-z0-9+/=\n]+\n-----END CERTIFICATE-----\n)+$/, {
        error: 'must be certificates in PEM, each ending with a newline',
      })
      .exactOptional(),
    /** Mount of the key-value engine (version 2) that holds the credentials. */
    path: objectName(),
    /**
     * Mount of Vault's Kubernetes authentication for this cluster. With regions, that of a region is
     * `<authenticationPath>-<region>`.
     */
    authenticationPath: objectName(),
    /** The role of a namespace is `<rolePrefix>-<namespace>`. */
    rolePrefix: objectName(),
    /** Mount of the key-value engine (version 1) with the encryption keys of the database and of its backups. */
    databaseKeysPath: objectName(),
  })
  .readonly()
export type VaultValues = z.output<typeof vaultValues>

export const secretsValues = z.discriminatedUnion('kind', [generatedValues, vaultValues])
