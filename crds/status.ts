import { z } from 'zod'
import { integer, text } from './fields.ts'

const Condition = z.strictObject({
  type: text(316).describe(
    'Type of the condition, such as Ready, Reconciling, Stalled, DatabaseReachable or Migrated.',
  ),
  status: z.enum(['True', 'False', 'Unknown']).describe('Status of the condition: True, False, or Unknown.'),
  observedGeneration: integer(0, Number.MAX_SAFE_INTEGER)
    .describe('The metadata.generation that the condition was set for.')
    .optional(),
  lastTransitionTime: z.string().max(64).meta({ format: 'date-time' }).describe('When status last changed.'),
  reason: text(1024).describe('Reason for the status in one CamelCase word, such as WaitingForCluster.'),
  message: z.string().max(32_768).describe('Details for people: what is missing or wrong, and how to fix it.'),
})

const service = (name: string) =>
  z
    .strictObject({
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

/** The observed state, which the operator alone writes. */
export const ChatAppStatusSchema = z
  .strictObject({
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
    api: service('API'),
    websocket: service('WebSocket'),
    urls: z
      .strictObject({
        api: z.string().max(512).describe('URL of the HTTP API.').optional(),
        websocket: z.string().max(512).describe('URL of the WebSocket service.').optional(),
      })
      .describe('Where clients reach the ChatApp.')
      .optional(),
  })
  .describe('The observed state. Only the operator writes it.')

export type ChatAppStatus = z.output<typeof ChatAppStatusSchema>
export type Condition = z.output<typeof Condition>
export type ServiceStatus = NonNullable<ChatAppStatus['api']>
