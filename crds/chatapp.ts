import { z } from 'zod'
import { Exposure } from './exposure.ts'
import { formats, formatted, integer, object } from './fields.ts'
import { Rollout } from './rollout.ts'
import { ruled, type Rule } from './rules.ts'
import type { ChatAppStatus } from './status.ts'
import { Auth, Database, Messaging, Migrations, Redis, Storage } from './stores.ts'
import { PodTemplate, replicas, workload } from './workload.ts'

export const GROUP = 'chat-app.com'
export const VERSION = 'v1alpha1'
export const KIND = 'ChatApp'
export const API_VERSION = `${GROUP}/${VERSION}`
export const PLURAL = 'chatapps'

/** Longest name of a ChatApp, characters: the name of its Job, `<name>-migrate-<10 characters>`, may have 63. */
export const NAME_MAX_LENGTH = 40

const digest = () => formatted(formats.digest).optional()
const digestOf = (image: string): string => `Digest of the image ${image}, such as sha256:0123...`

const Images = object({
  registry: formatted(formats.registry)
    .describe('Registry and path that the images chat-service and websocket-service are pulled from.')
    .default('registry.example.com/chat-app'),
  pullPolicy: z
    .enum(['IfNotPresent', 'Always', 'Never'])
    .describe('When a node pulls an image: if it does not have it, at every start of a pod, or never.')
    .default('IfNotPresent'),
  pullSecrets: z
    .array(
      object({
        name: formatted(formats.objectName).describe("Name of a Secret in the ChatApp's namespace."),
      }),
    )
    .max(8)
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] })
    .describe('Secrets (kubernetes.io/dockerconfigjson) with credentials of the registry.')
    .default([]),
  digests: object({
    api: digest().describe(digestOf('chat-service')),
    websocket: digest().describe(digestOf('websocket-service')),
  })
    .describe('Image digests by service, used instead of the tag that version gives.')
    .prefault({}),
})
  .describe('Where the images come from.')
  .prefault({})

const Drain = object({
  periodSeconds: integer(1, 540)
    .describe(
      'Time over which a stopping pod closes its connections, in seconds. A longer period spreads the load on the remaining pods and makes a rollout slower. The pod is killed 30 seconds after it, and an autoscaler removes at most one pod in that time.',
    )
    .default(60),
})
  .describe(
    'How a WebSocket pod stops. It closes its connections evenly over the period; each client reconnects to another pod and resumes, so that clients do not all reconnect at once.',
  )
  .prefault({})

const mode = () => z.enum(['Auto', 'Enabled', 'Disabled']).default('Auto')
const modes = (auto: string): string => `Auto: ${auto}. Enabled: always. Disabled: never.`
const pods = (service: string): string => `Number of ${service} pods. With autoscaling it is only the initial number.`

const shape = object({
  version: formatted(formats.version).describe(
    'The release to run, such as 1.4.2. It is the tag of the images and the label app.kubernetes.io/version of the children.',
  ),
  images: Images,
  exposure: Exposure,
  api: object(workload(replicas(3).describe(pods('API'))))
    .describe('The HTTP API: users, rooms, messages and history.')
    .prefault({}),
  websocket: object({
    ...workload(replicas(5).describe(pods('WebSocket'))),
    drain: Drain,
    rebalance: integer(0, 50)
      .describe(
        'After new pods were added, the share of its connections over the mean that a fuller pod closes in a minute, in percent; their clients reconnect to any pod and resume. A client moves at most twice in an hour. 0 moves nothing. A change is a new release.',
      )
      .default(0),
  })
    .describe('The WebSocket service, which carries live messages.')
    .prefault({}),
  worker: object(workload(replicas(1).describe(pods('worker'))))
    .describe(
      'The worker: it removes what has expired and what is old, and tells other systems of events. It has the image of the API. Default: there is none.',
    )
    .optional(),
  database: Database,
  redis: Redis,
  messaging: Messaging.optional(),
  storage: Storage.optional(),
  auth: Auth,
  migrations: object({ ...Migrations, podTemplate: PodTemplate.optional() })
    .describe('The Job that brings the database schema up to date before the services of a release start.')
    .prefault({}),
  rollout: Rollout,
  trustedProxies: z
    .array(formatted(formats.cidr))
    .max(64)
    .describe(
      'Addresses of the proxies between clients and pods, such as those of the ingress controller. A proxy names the client in X-Forwarded-For, which is believed from these addresses alone. Without them all clients behind a proxy share its address, and the limits for an address. A change is a new release.',
    )
    .default([]),
  allowedOrigins: z
    .array(formatted(formats.origin))
    .max(64)
    .describe(
      'Origins of the web pages on other hosts that may call the API and open WebSockets. Pages of the same host always may. A change is a new release.',
    )
    .default([]),
  monitoring: object({ mode: mode().describe(modes('where the kind ServiceMonitor is installed')) })
    .describe(
      'Whether a Prometheus Operator collects metrics: a ServiceMonitor for each service, labelled app: chat-app.',
    )
    .prefault({}),
  networkPolicy: object({ mode: mode().describe(modes('always')) })
    .describe('Whether NetworkPolicies let in only the ports that the pods serve.')
    .prefault({}),
  paused: z
    .boolean()
    .describe('While true the operator changes nothing, so that you can change the children by hand.')
    .default(false),
  hibernated: z
    .boolean()
    .describe(
      'While true every service has zero pods; everything else stays, so that the ChatApp can be resumed as it was.',
    )
    .default(false),
})

/** The desired state of one chat system, with every default. */
export const ChatAppSpec = ruled(
  shape.describe('The desired state of the chat system.'),
  ...(['messaging', 'storage'] as const).map(notServed),
)

function notServed(field: 'messaging' | 'storage'): Rule<z.output<typeof shape>> {
  return {
    rule: `!has(self.${field})`,
    message: `is not served by this version of the operator: remove ${field}`,
    fieldPath: `.${field}`,
    reason: 'FieldValueForbidden',
    holds: (self) => self[field] === undefined,
  }
}

/** Rules about the name of the object. */
export const objectRules: readonly Rule<{ metadata: { name: string } }>[] = [
  {
    rule: `size(self.metadata.name) <= ${NAME_MAX_LENGTH}`,
    message: `metadata.name must have at most ${NAME_MAX_LENGTH} characters: the names of the children are made from it`,
    holds: ({ metadata }) => metadata.name.length <= NAME_MAX_LENGTH,
  },
  {
    rule: "self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$')",
    message:
      'metadata.name must begin with a letter and have only lowercase letters, digits and "-": Services are named after it',
    holds: ({ metadata }) => /^[a-z]([-a-z0-9]*[a-z0-9])?$/.test(metadata.name),
  },
]

/** A spec as a user may write it. */
export type ChatAppSpecInput = z.input<typeof ChatAppSpec>

/** A spec with every default filled in. */
export type ChatAppSpecDefaulted = z.output<typeof ChatAppSpec>

/** The resource as it is written in a file or stored by the API server. */
export interface ChatApp {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly uid?: string
    readonly generation?: number
    readonly [field: string]: unknown
  }
  readonly spec: ChatAppSpecInput
  readonly status?: ChatAppStatus
}
