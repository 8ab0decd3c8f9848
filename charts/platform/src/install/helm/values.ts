import { formats } from '@chat-app/crds'
import { z } from 'zod'
import { count, objectName, resources } from '../../environment/fields.ts'

/** The values of the operator's Helm chart. */
export const helmValues = z
  .strictObject({
    image: z
      .strictObject({
        registry: z
          .string()
          .max(formats.registry.max)
          .regex(new RegExp(formats.registry.pattern))
          .describe("The part of the image's name before /operator."),
        tag: z
          .string()
          .regex(/^([A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?$/)
          // `latest` changes without notice.
          .meta({ description: "Tag of the image; the chart's appVersion when empty.", not: { const: 'latest' } }),
        digest: z
          .string()
          .regex(/^(sha256:[0-9a-f]{64})?$/)
          .describe('Digest of the image, which takes precedence over the tag; none when empty.'),
      })
      .readonly(),
    imagePullSecrets: z
      .array(objectName())
      .readonly()
      .describe("Names of Secrets in the release's namespace with the login of the registry."),
    replicas: count(1, 5).describe('Number of pods: one works, the others are on standby.'),
    watchNamespaces: z
      .array(objectName())
      .min(1)
      .readonly()
      .meta({ description: 'Namespaces whose ChatApps the operator reconciles; they must exist.', uniqueItems: true }),
    clusterNamespaces: z.array(objectName()).readonly().meta({
      description: 'Namespaces in which it may read the clusters that a clusterRef names; they must exist.',
      uniqueItems: true,
    }),
    resources,
    crds: z
      .strictObject({ install: z.boolean().describe('Install and upgrade the ChatApp CRD with this release.') })
      .readonly(),
    // Helm adds this key to a subchart.
    global: z.record(z.string(), z.unknown()).exactOptional(),
  })
  .readonly()
export type HelmValues = z.output<typeof helmValues>

/** The default values of the chart. */
export function defaultValues(registry: string): HelmValues {
  return {
    image: { registry, tag: '', digest: '' },
    imagePullSecrets: [],
    replicas: 2,
    watchNamespaces: ['chat-app'],
    clusterNamespaces: [],
    resources: { requests: { cpu: '50m', memory: '128Mi' }, limits: { cpu: '500m', memory: '256Mi' } },
    crds: { install: true },
  }
}

/** `values.schema.json`: Helm rejects an unknown or invalid value by it. */
export function valuesSchema(): object {
  return z.toJSONSchema(helmValues, { target: 'draft-7', io: 'input' })
}
