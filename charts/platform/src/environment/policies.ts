import { z } from 'zod'
import { count, distinct } from './fields.ts'

const groups = distinct(
  z
    .string()
    .regex(/^(?! )[^\p{C}\p{Zl}\p{Zp}]{1,255}(?<! )$/u, 'must be the name of a group of users')
    .regex(/^(?!system:)/, 'must be a group of users: names that begin with system: belong to Kubernetes'),
)

/** Quotas, permissions of people, and warnings. */
export const policiesValues = z
  .strictObject({
    /** How many ChatApps of the size of the environment's own the quota of their namespace admits. */
    chatApps: count(1, 50),
    /** The most nodes that the cluster may have: each runs a pod of the log collector. */
    nodes: count(1, 5000),
    /** Whether to warn of a ChatApp with only one pod of a service. */
    warnOfOneReplica: z.boolean(),
    /** Groups of users that are bound to the roles. @default none */
    access: z.strictObject({ viewers: groups, onCall: groups }).readonly().exactOptional(),
  })
  .readonly()
