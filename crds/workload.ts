import { z } from 'zod'
import { integer, object, quantity } from './fields.ts'
import { quantityValue } from './quantity.ts'
import { ruled, type Rule } from './rules.ts'

/** Labels that the operator sets and selects pods by; a podTemplate must not change them. */
export const ownedLabels = ['name', 'instance', 'component', 'part-of', 'version', 'managed-by'].map(
  (name) => `app.kubernetes.io/${name}`,
)

const Autoscaling = ruled(
  object({
    minReplicas: integer(1, 1000).describe('Fewest pods the autoscaler may run.'),
    maxReplicas: integer(1, 1000).describe('Most pods the autoscaler may run.'),
    target: object({
      cpuUtilizationPercent: integer(1, 300)
        .describe(
          'Average CPU use that the autoscaler maintains, in percent of the requested CPU. It needs metrics-server in the cluster.',
        )
        .default(70),
    })
      .describe('The metric that the autoscaler follows.')
      .prefault({}),
  }).describe(
    'Lets a HorizontalPodAutoscaler set the number of pods; replicas is then only the initial number. Default: the number is fixed.',
  ),
  {
    rule: 'self.minReplicas <= self.maxReplicas',
    message: 'minReplicas must not be greater than maxReplicas',
    fieldPath: '.minReplicas',
    holds: (self) => self.minReplicas <= self.maxReplicas,
  },
)

const cpu = (role: string): string => `CPU ${role}, in cores (2, "0.5") or thousandths of one (500m).`
const memory = (role: string): string => `Memory ${role}, in bytes, usually with a suffix (512Mi, 1Gi).`
const reserved = 'that the scheduler reserves for each pod'
const most = 'that a pod may use at most'

const resourcesShape = object({
  requests: object({
    cpu: quantity().describe(cpu(reserved)).default('200m'),
    memory: quantity().describe(memory(reserved)).default('512Mi'),
  })
    .prefault({})
    .describe('Resources that the scheduler reserves for each pod.'),
  limits: object({
    cpu: quantity().describe(cpu(most)).default('500m'),
    memory: quantity().describe(memory(most)).default('1Gi'),
  })
    .prefault({})
    .describe(
      'Resources that a pod may use at most: above the CPU limit it is throttled, above the memory limit it is restarted.',
    ),
})

type ResourceName = 'cpu' | 'memory'

const Resources = ruled(
  resourcesShape.describe('CPU and memory of each pod.'),
  ...(['cpu', 'memory'] as const).map((name: ResourceName): Rule<z.output<typeof resourcesShape>> => ({
    rule: [
      `!isQuantity(string(self.requests.${name}))`,
      `!isQuantity(string(self.limits.${name}))`,
      `quantity(string(self.requests.${name})).compareTo(quantity(string(self.limits.${name}))) <= 0`,
    ].join(' || '),
    message: `requests.${name} must not be greater than limits.${name}`,
    fieldPath: `.requests.${name}`,
    holds: (self) => quantityValue(self.requests[name]) <= quantityValue(self.limits[name]),
  })),
).prefault({})

const TemplateLabels = ruled(
  z
    .record(z.string(), z.string().max(63))
    .meta({ maxProperties: 32 })
    .describe("Labels to add to the pods. The operator's own labels cannot be changed."),
  {
    rule: `!(${ownedLabels.map((name) => `'${name}' in self`).join(' || ')})`,
    message: `must not set a label that the operator selects pods by: ${ownedLabels.join(', ')}`,
    holds: (self) => ownedLabels.every((name) => !Object.hasOwn(self, name)),
  },
)

/** A partial PodTemplateSpec. Its `spec` is kept as it is, so that it may have fields of any version of Kubernetes. */
export const PodTemplate = object({
  metadata: object({
    labels: TemplateLabels.optional(),
    annotations: z
      .record(z.string(), z.string().max(4096))
      .meta({ maxProperties: 32 })
      .describe('Annotations to add to the pods.')
      .optional(),
  })
    .describe('Labels and annotations to add to the pods.')
    .optional(),
  spec: z
    .looseObject({})
    .meta({ 'x-kubernetes-preserve-unknown-fields': true, maxProperties: 64 })
    .describe(
      'A partial PodSpec that is merged into the rendered one: containers, initContainers, env, volumes and ports by name, volumeMounts by mountPath; tolerations, envFrom and imagePullSecrets are appended; other lists are replaced; null removes a field. The main container has the name of its service (api, websocket, worker, migrate).',
    )
    .optional(),
}).describe(
  'A partial PodTemplateSpec that is merged into the rendered one, for settings of pods that this resource has no field for.',
)

export const replicas = (number: number) => integer(0, 1000).default(number)

/** The fields that every service has. */
export function workload(number: ReturnType<typeof replicas>) {
  return {
    replicas: number,
    autoscaling: Autoscaling.optional(),
    resources: Resources,
    podTemplate: PodTemplate.optional(),
  }
}
