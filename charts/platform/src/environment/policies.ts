import { z } from 'zod'
import { count, distinct } from './fields.ts'

const groups = distinct(
  z
    .string()
    .regex(/^(?! )[^\p{C}\p{Zl}\p{Zp}]{1,255}(?<! )$/u, 'must be the name of a group of users')
    .regex(/^(?!system:)/, 'must be a group of users: names that begin with system: belong to Kubernetes'),
)

/** What the namespaces of the platform allow. */
export const policiesValues = z
  .strictObject({
    /** How many ChatApps like the environment's own the quota of their namespace has room for. */
    chatApps: count(1, 50),
    /** How many nodes the cluster may have: each runs a collector of logs. */
    nodes: count(1, 5000),
    /** Warns of a ChatApp that has only one pod of a service. */
    warnOfOneReplica: z.boolean(),
    /** Groups of the cluster's users. @default nobody is bound to the roles */
    access: z.strictObject({ viewers: groups, onCall: groups }).readonly().exactOptional(),
  })
  .readonly()
