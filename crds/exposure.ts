import { z } from 'zod'
import { formats, formatted, object } from './fields.ts'
import { ruled, type Rule } from './rules.ts'

const Hosts = object({
  api: formatted(formats.host).describe(
    'DNS name of the HTTP API (/api/chat and /api/users) and of the chat page, which connects at /ws.',
  ),
  websocket: formatted(formats.host).describe(
    'DNS name of the WebSocket service. It may be the same as that of the API; there is no page then, because / is where clients connect.',
  ),
}).describe('The two public DNS names. Required with type Ingress or Gateway.')

const IngressOptions = object({
  className: formatted(formats.objectName).describe(
    'IngressClass that serves the two Ingresses. There is no default, because a cluster may have several.',
  ),
  profile: z
    .enum(['none', 'nginx', 'haproxy', 'traefik'])
    .describe(
      'Annotations to add for one ingress controller, so that it keeps idle WebSockets open for an hour: Ingress has no field for it. "none" adds no annotations.',
    )
    .default('none'),
}).describe('How to expose the ChatApp by Ingresses. Required with type Ingress, refused with the other types.')

const GatewayOptions = object({
  parentRef: object({
    name: formatted(formats.objectName).describe('Name of the Gateway.'),
    namespace: formatted(formats.namespace)
      .describe(
        "Namespace of the Gateway. The ChatApp's own when absent. The Gateway's listener decides which namespaces may attach routes to it.",
      )
      .optional(),
    sectionName: formatted(formats.objectName)
      .describe('Name of the one listener of the Gateway to attach to. All listeners that match the host when absent.')
      .optional(),
  }).describe('The Gateway (gateway.networking.k8s.io) to which the two HTTPRoutes attach.'),
}).describe('How to expose the ChatApp by HTTPRoutes. Required with type Gateway, refused with the other types.')

const Tls = ruled(
  object({
    issuerRef: object({
      kind: z
        .enum(['ClusterIssuer', 'Issuer'])
        .describe("Whether the issuer serves the whole cluster (ClusterIssuer) or the ChatApp's namespace (Issuer).")
        .default('ClusterIssuer'),
      name: formatted(formats.objectName).describe('Name of the issuer, such as letsencrypt-prod.'),
    })
      .describe(
        'The cert-manager issuer that provides both certificates, in Secrets named <name>-api-tls and <name>-websocket-tls.',
      )
      .optional(),
    secretNames: object({
      api: formatted(formats.objectName).describe('Secret (kubernetes.io/tls) with the certificate for hosts.api.'),
      websocket: formatted(formats.objectName).describe(
        'Secret (kubernetes.io/tls) with the certificate for hosts.websocket.',
      ),
    })
      .describe("Certificates that exist already, as Secrets in the ChatApp's namespace.")
      .optional(),
  }).describe(
    'Certificates of the Ingresses: from a cert-manager issuer, or from two Secrets. Without it they serve plain HTTP. A Gateway has its certificates in its listeners.',
  ),
  {
    rule: 'has(self.issuerRef) != has(self.secretNames)',
    message:
      'set either issuerRef (cert-manager makes the certificates) or secretNames (they exist already), not both and not neither',
    holds: (self) => (self.issuerRef === undefined) !== (self.secretNames === undefined),
  },
)

const shape = object({
  type: z
    .enum(['None', 'Ingress', 'Gateway'])
    .describe(
      'How clients outside the cluster reach the ChatApp. None: only Services inside the cluster. Ingress: two Ingresses. Gateway: two HTTPRoutes of the Gateway API.',
    )
    .default('None'),
  hosts: Hosts.optional(),
  ingress: IngressOptions.optional(),
  gateway: GatewayOptions.optional(),
  tls: Tls.optional(),
})

type Shape = z.output<typeof shape>
type Part = 'hosts' | 'ingress' | 'gateway' | 'tls'

/** A union with flat fields: `type` decides which of the other fields are required, and which are refused. */
export const Exposure = ruled(
  shape.describe('How clients reach the ChatApp: a choice by type.'),
  needs('Ingress', 'hosts', 'hosts.api and hosts.websocket'),
  needs('Ingress', 'ingress', 'ingress.className'),
  needs('Gateway', 'hosts', 'hosts.api and hosts.websocket'),
  needs('Gateway', 'gateway', 'gateway.parentRef'),
  belongsTo('hosts', ['Ingress', 'Gateway'], 'set type to Ingress or Gateway, or remove hosts'),
  belongsTo('ingress', ['Ingress'], 'set type to Ingress, or remove ingress'),
  belongsTo('gateway', ['Gateway'], 'set type to Gateway, or remove gateway'),
  belongsTo('tls', ['Ingress'], 'set type to Ingress, or remove tls (a Gateway has its certificates in its listeners)'),
).prefault({})

function needs(type: Shape['type'], part: Part, fields: string): Rule<Shape> {
  return {
    rule: `self.type != '${type}' || has(self.${part})`,
    message: `type ${type} needs ${fields}`,
    fieldPath: `.${part}`,
    reason: 'FieldValueRequired',
    holds: (self) => self.type !== type || self[part] !== undefined,
  }
}

function belongsTo(part: Part, types: Shape['type'][], fix: string): Rule<Shape> {
  return {
    rule: `!has(self.${part}) || self.type in [${types.map((type) => `'${type}'`).join(', ')}]`,
    message: `belongs to type ${types.join(' or ')} only: ${fix}`,
    fieldPath: `.${part}`,
    reason: 'FieldValueForbidden',
    holds: (self) => self[part] === undefined || types.includes(self.type),
  }
}
