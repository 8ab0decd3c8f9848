import { z } from 'zod'
import { count, host, image, objectName } from './fields.ts'

/** Who makes the users of the ChatApp in a database outside the platform. */
const users = z.discriminatedUnion('madeBy', [
  /** A Job makes the database `chat` and two users, as an administrator. */
  z
    .strictObject({
      madeBy: z.literal('platform'),
      /** An image with the client of MySQL. */
      image,
      /** The name of an administrator, who may make users and grant them what the ChatApp needs. */
      administrator: z
        .string()
        .regex(/^[A-Za-z0-9_.-]{1,32}$/, 'must be the name of a user of MySQL: letters, digits and _ . -'),
      /** Secret with the administrator's password under the key `password`. */
      administratorSecret: objectName(),
      /** Which of the two users the ChatApp connects as. The password of the other one can change meanwhile. */
      application: z.enum(['blue', 'green']),
    })
    .readonly(),
  /** The name and the password of the user are the properties `username` and `password` of `db-credentials` in Vault. */
  z
    .strictObject({
      madeBy: z.literal('provider'),
      /** The name of the database. @default chat */
      database: z
        .string()
        .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be the name of a database of MySQL: letters, digits, _ and -')
        .exactOptional(),
    })
    .readonly(),
])

/** A MySQL that somebody else runs, such as Amazon RDS or Cloud SQL. Connections use TLS. */
export const externalDatabaseValues = z
  .strictObject({
    kind: z.literal('external'),
    /** A name that is in the server's certificate. */
    host,
    /** @default 3306 */
    port: count(1, 65_535).exactOptional(),
    /** Secret with the authority of the server's certificate under the key `ca.crt`. @default a public authority */
    caSecret: objectName().exactOptional(),
    users,
    /** Connections that the server allows the ChatApps. @default not compared with what they open */
    maxConnections: count(1, 100_000).exactOptional(),
  })
  .refine(({ users, caSecret }) => users.madeBy === 'provider' || caSecret !== undefined, {
    path: ['caSecret'],
    message: 'must be set where the platform makes the users: the client of MySQL trusts no authority by itself',
  })
  .readonly()
export type ExternalDatabaseValues = z.output<typeof externalDatabaseValues>
