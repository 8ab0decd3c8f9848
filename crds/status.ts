import { z } from 'zod'
import { integer, object, text } from './fields.ts'

const dateTime = () => z.string().max(64).meta({ format: 'date-time' })

const Condition = object({
  type: text(316).describe(
    'Type of the condition, such as Ready, Reconciling, Stalled, DatabaseReachable or Migrated.',
  ),
  status: z.enum(['True', 'False', 'Unknown']).describe('Status of the condition: True, False, or Unknown.'),
  observedGeneration: integer(0, Number.MAX_SAFE_INTEGER)
    .describe('The metadata.generation that the condition was set for.')
    .optional(),
  lastTransitionTime: dateTime().describe('When status last changed.'),
  reason: text(1024).describe('Reason for the status in one CamelCase word, such as WaitingForCluster.'),
  message: z.string().max(32_768).describe('Details for people: what is missing or wrong, and how to fix it.'),
})

const service = (name: string) =>
  object({
    ready: integer(0, 100_000).describe('Number of pods that serve.'),
    desired: integer(0, 100_000).describe('Number of pods that are wanted.'),
    summary: z.string().max(32).describe('Both numbers as text, such as 2/3.').optional(),
    selector: z
      .string()
      .max(1024)
      .describe('The label selector of the pods, as the scale subresource gives it to autoscalers.')
      .optional(),
  })
    .describe(`The ${name} pods.`)
    .optional()

const count = (what: string) => integer(0, Number.MAX_SAFE_INTEGER).describe(what).optional()

const LastRollout = object({
  revision: integer(0, Number.MAX_SAFE_INTEGER).describe('Number of the rollout.'),
  version: z.string().max(63).describe('The release that was rolled out.'),
  startedAt: dateTime().describe('When the rollout began.'),
  finishedAt: dateTime().describe('When the release was good, or had failed.').optional(),
  proof: z
    .enum(['Passed', 'Failed', 'Skipped', 'Disabled', 'Running'])
    .describe('What the proof has shown. Skipped: it could not run, and the message says why.'),
  message: z.string().max(2048).describe('What the proof has seen, or why it could not run.').optional(),
  sent: count('Messages that the users of the proof have sent.'),
  acknowledged: count('Messages that were acknowledged.'),
  lost: count('Messages that were acknowledged, and did not arrive.'),
  duplicated: count('Messages that arrived twice.'),
  reordered: count('Messages that arrived in another order.'),
  longestGapMilliseconds: count('Longest time until a message had arrived, in milliseconds.'),
  reconnects: z
    .array(integer(0, Number.MAX_SAFE_INTEGER))
    .max(8)
    .describe('How often each user of the proof has connected again.')
    .optional(),
}).describe('The last rollout with a former release to compare with; absent after a creation.')

const OperatorStatus = object({
  version: z.string().max(63).describe('Version of the operator that wrote this status.'),
  secrets: z
    .record(z.string().max(600), z.string().max(64))
    .meta({ maxProperties: 8 })
    .describe(
      'Hashes of the values of Secrets that pods read only at start, by name and key of the Secret. They are keyed by the signing key of the ChatApp: who cannot read it learns nothing from them but that a value, or the key, has changed.',
    )
    .optional(),
}).describe('The operator, and what it takes from Secrets to render the pods: kubectl chatapp plan compares both.')

/** The observed state, which the operator alone writes. */
export const ChatAppStatusSchema = object({
  observedGeneration: integer(0, Number.MAX_SAFE_INTEGER)
    .describe('The metadata.generation that this status was written for.')
    .optional(),
  conditions: z
    .array(Condition)
    .max(32)
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['type'] })
    .describe(
      'Conditions. Ready summarizes the others; Reconciling says that the operator is still at work, Stalled that it needs a change by you.',
    )
    .optional(),
  version: z.string().max(63).describe('The release that runs.').optional(),
  targetVersion: z
    .string()
    .max(63)
    .describe('The release that is being rolled out, or the one that runs after the rollout.')
    .optional(),
  schemaVersion: integer(0, 1_000_000).describe('The version of the database schema.').optional(),
  revision: integer(0, Number.MAX_SAFE_INTEGER).describe('Number of the rollout, counted from 1.').optional(),
  lastRollout: LastRollout.optional(),
  operator: OperatorStatus.optional(),
  api: service('API'),
  websocket: service('WebSocket'),
  worker: service('worker'),
  urls: object({
    api: z.string().max(512).describe('URL of the HTTP API.').optional(),
    websocket: z.string().max(512).describe('URL of the WebSocket service.').optional(),
  })
    .describe('Where clients reach the ChatApp.')
    .optional(),
}).describe('The observed state. Only the operator writes it.')

export type ChatAppStatus = z.output<typeof ChatAppStatusSchema>
export type LastRollout = z.output<typeof LastRollout>
export type Condition = z.output<typeof Condition>
export type ServiceStatus = NonNullable<ChatAppStatus['api']>
