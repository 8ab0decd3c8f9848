import { z } from 'zod'
import { distinct, hasValidPort, objectName } from './fields.ts'

const endpoint = z
  .string()
  .max(259, 'must have at most 259 characters')
  .regex(
    /^([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\.)+[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?:\d{1,5}$/,
    'must be a host and a port, such as redis.example.com:6379: no scheme, user or path',
  )
  .refine(hasValidPort, 'must have a port of 1 to 65535')

/** A Redis that somebody else runs, such as ElastiCache, Azure Cache for Redis or Memorystore. */
export const externalRedisValues = z
  .strictObject({
    kind: z.literal('external'),
    /** `cluster` for a Redis Cluster, whose clients ask any node for the others. */
    mode: z.enum(['single', 'cluster']),
    /** The endpoint, or nodes of the cluster. */
    endpoints: distinct(endpoint, 1).refine((list) => list.length <= 64, 'must have at most 64: clients refuse more'),
    tls: z.boolean(),
    /** Secret with the authority of the server's certificate under the key `ca.crt`. @default a public authority */
    caSecret: objectName().exactOptional(),
    /**
     * How clients log in: with a password alone (AUTH), with a user too (ACL), or not at all. The password, and the name
     * of the user, are the properties `password` and `username` of `redis-credentials` in Vault.
     */
    login: z.enum(['password', 'user', 'none']),
  })
  .refine(({ mode, endpoints }) => mode === 'cluster' || endpoints.length === 1, {
    path: ['endpoints'],
    message: 'must have one entry: more than one are nodes of a cluster, which needs mode "cluster"',
  })
  .refine(({ tls, caSecret }) => tls || caSecret === undefined, {
    path: ['caSecret'],
    message: 'must not be set without tls: there is no certificate to check',
  })
  .refine(({ tls, login }) => tls || login === 'none', {
    path: ['tls'],
    message: 'must be true with a password, which would be sent in the clear otherwise',
  })
  .readonly()
export type ExternalRedisValues = z.output<typeof externalRedisValues>
