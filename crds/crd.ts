import { z } from 'zod'
import { API_VERSION, ChatAppSpec, GROUP, KIND, objectRules, PLURAL, VERSION } from './chatapp.ts'
import { celRule, VALIDATIONS } from './rules.ts'
import { ChatAppStatusSchema } from './status.ts'
import { structural, type JsonSchema } from './structural.ts'

/** The CustomResourceDefinition. Every call returns the same object: do not change it. */
export function crd(): Crd {
  return (made ??= make())
}

type Crd = Readonly<ReturnType<typeof make>>
let made: Crd | undefined

function make() {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${PLURAL}.${GROUP}` },
    spec: {
      group: GROUP,
      scope: 'Namespaced',
      names: {
        kind: KIND,
        listKind: `${KIND}List`,
        plural: PLURAL,
        singular: 'chatapp',
        shortNames: ['chat'],
        categories: [PLURAL],
      },
      versions: [
        {
          name: VERSION,
          served: true,
          storage: true,
          schema: { openAPIV3Schema: objectSchema() },
          additionalPrinterColumns: columns,
          subresources: {
            status: {},
            scale: {
              specReplicasPath: '.spec.websocket.replicas',
              statusReplicasPath: '.status.websocket.ready',
              labelSelectorPath: '.status.websocket.selector',
            },
          },
        },
      ],
    },
  }
}

/** The schema of the whole object. */
export function objectSchema(): JsonSchema {
  return {
    type: 'object',
    description: `A chat system: an HTTP API and a WebSocket service, with the database migrations that they need. (${API_VERSION})`,
    required: ['spec'],
    properties: {
      apiVersion: { type: 'string', description: `Version of this format: ${API_VERSION}.` },
      kind: { type: 'string', description: `Always ${KIND}.` },
      // The API server has its own schema of metadata, and allows only the type here.
      metadata: { type: 'object' },
      spec: schemaOf(ChatAppSpec),
      status: schemaOf(ChatAppStatusSchema),
    },
    [VALIDATIONS]: objectRules.map(celRule),
  }
}

function schemaOf(schema: z.ZodType): JsonSchema {
  return structural(z.toJSONSchema(schema, { target: 'openapi-3.0', io: 'input' }) as JsonSchema)
}

const condition = (field: string) => `.status.conditions[?(@.type=="Ready")].${field}`

const columns = [
  {
    name: 'Ready',
    type: 'string',
    jsonPath: condition('status'),
    description: 'Whether everything that is desired runs and serves.',
  },
  { name: 'Reason', type: 'string', jsonPath: condition('reason'), description: 'Why it is or is not ready.' },
  { name: 'API', type: 'string', jsonPath: '.status.api.summary', description: 'API pods that serve / are wanted.' },
  {
    name: 'WS',
    type: 'string',
    jsonPath: '.status.websocket.summary',
    description: 'WebSocket pods that serve / are wanted.',
  },
  { name: 'Version', type: 'string', jsonPath: '.status.version', description: 'The release that runs.' },
  { name: 'URL', type: 'string', jsonPath: '.status.urls.api', description: 'Where the HTTP API is.' },
  { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp', description: 'Time since it was created.' },
]
