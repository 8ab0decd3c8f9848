import { formats } from '@chat-app/crds'
import { z } from 'zod'
import { count, distinct, objectName } from './fields.ts'
import { MAX_HOSTS } from '../limits.ts'

const groups = distinct(
  z
    .string()
    .regex(/^(?! )[^\p{C}\p{Zl}\p{Zp}]{1,255}(?<! )$/u, 'must be the name of a group of users')
    .regex(/^(?!system:)/, 'must be a group of users: names that begin with system: belong to Kubernetes'),
)

const listedHost = z
  .string()
  .max(253, 'must have at most 253 characters')
  .regex(
    /^(\*\.)?([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\.)+[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/,
    'must be a host such as chat.example.com, or *.example.com for every name directly below example.com',
  )

const registry = z
  .string()
  .max(formats.registry.max, `must have at most ${formats.registry.max} characters`)
  .regex(new RegExp(formats.registry.pattern), `must be ${formats.registry.must}`)

/** What policies refuse in the namespaces of ChatApps. */
const enforce = z
  .strictObject({
    /**
     * The hosts that each namespace may use besides those of the environment's own ChatApp, by namespace.
     *
     * @default every host
     */
    hosts: z
      .record(
        objectName(),
        distinct(listedHost).refine((list) => list.length <= MAX_HOSTS, `must have at most ${MAX_HOSTS}`),
      )
      .readonly()
      .exactOptional(),
    /**
     * Registries and paths of images besides that of the ChatApp, such as quay.io/team.
     *
     * @default every image
     */
    images: distinct(registry).exactOptional(),
    /** Whether to refuse a podTemplate with hostPath, privileges or a ServiceAccount. @default it is not refused */
    podTemplate: z.boolean().exactOptional(),
  })
  .readonly()

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
    access: z
      .strictObject({
        viewers: groups,
        onCall: groups,
        /** Whether people on call may scale the WebSocket service (`kubectl scale`). @default they may not */
        onCallScale: z.boolean().exactOptional(),
      })
      .readonly()
      .exactOptional(),
    /** What is refused in the namespaces of ChatApps. @default nothing */
    enforce: enforce.exactOptional(),
  })
  .readonly()
