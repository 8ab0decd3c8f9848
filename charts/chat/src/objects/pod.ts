import {
  IntOrString,
  Quantity,
  type Container,
  type EnvVar,
  type PodSpec,
  type Probe,
  type TopologySpreadConstraint,
  type Volume,
} from 'cdk8s-plus-27/lib/imports/k8s.js'
import type { Labels } from '../labels.ts'
import { DATABASE_CONNECTIONS, TMP_SIZE } from '../limits.ts'
import type { Model, ServiceModel } from '../model.ts'
import { restrictedContainer, restrictedPod } from '../restricted.ts'
import type { SecretUse } from '../secrets.ts'

/** Port of the metrics of every service. */
export const METRICS_PORT = 9090
const SECRETS = '/etc/chat-app/secrets'

/** The part that all pods share, within the Pod Security level `restricted`. */
export function podSpec(model: Model, serviceAccountName: string, container: Container, volumes: Volume[]): PodSpec {
  const { pullSecrets } = model.spec.images
  return {
    serviceAccountName,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    securityContext: restrictedPod,
    ...(pullSecrets.length > 0 && { imagePullSecrets: pullSecrets.map(({ name }) => ({ name })) }),
    containers: [
      {
        ...container,
        imagePullPolicy: model.spec.images.pullPolicy,
        securityContext: restrictedContainer,
        volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }, ...(container.volumeMounts ?? [])],
      },
    ],
    volumes: [{ name: 'tmp', emptyDir: { sizeLimit: Quantity.fromString(TMP_SIZE) } }, ...volumes],
  }
}

/** The container of a service. */
export function serviceContainer(
  model: Model,
  { component, workload, image, port }: ServiceModel,
  env: EnvVar[] = [],
): Container {
  const { requests, limits } = workload.resources
  return {
    name: component,
    image,
    args: [component],
    ports: [
      { name: 'http', containerPort: port },
      { name: 'metrics', containerPort: METRICS_PORT },
    ],
    env: [
      ...variables({
        SERVER_HOST: '0.0.0.0',
        SERVER_PORT: port,
        METRICS_PORT,
        NODE_ID: POD_NAME,
        LOG_LEVEL: 'info',
        DATABASE_MAX_CONNECTIONS: DATABASE_CONNECTIONS[component],
      }),
      ...(component === 'worker' ? [] : clientEnv(model)),
      ...env,
      ...secretEnv(model.secrets),
    ],
    resources: { requests: amounts(requests), limits: amounts(limits) },
    volumeMounts: [configMount, ...secretMounts(model.secrets)],
    startupProbe: probe('liveness', { periodSeconds: 1, timeoutSeconds: 2, failureThreshold: 60 }),
    readinessProbe: probe('readiness', { periodSeconds: 2, timeoutSeconds: 3, failureThreshold: 3 }),
    livenessProbe: probe('liveness', { periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 3 }),
    // The pod's status then has the last lines of the log, which the operator quotes.
    terminationMessagePolicy: 'FallbackToLogsOnError',
  }
}

/** A field of the pod, as the value of a variable. */
export interface PodField {
  readonly fieldPath: string
}

/** The name of the pod. */
export const POD_NAME: PodField = { fieldPath: 'metadata.name' }

/** Environment variables, in the order of the fields. */
export function variables(values: Readonly<Record<string, string | number | PodField>>): EnvVar[] {
  return Object.entries(values).map(([name, value]) =>
    typeof value === 'object' ? { name, valueFrom: { fieldRef: value } } : { name, value: String(value) },
  )
}

/** What a service with clients needs beside. */
function clientEnv(model: Model): EnvVar[] {
  // preStop waits before the container gets the signal to stop.
  return [...variables({ SHUTDOWN_DELAY_SECONDS: 0 }), ...allowedOrigins(model)]
}

/** Without an origin nothing is set, so that pods of a ChatApp without one stay as they are. */
export function allowedOrigins({ spec }: Model): EnvVar[] {
  return spec.allowedOrigins.length === 0 ? [] : variables({ ALLOWED_ORIGINS: spec.allowedOrigins.join(',') })
}

/** A probe of a service's health endpoint. */
export function probe(kind: 'liveness' | 'readiness', timings: Omit<Probe, 'httpGet'>): Probe {
  return { httpGet: { path: `/actuator/health/${kind}`, port: IntOrString.fromString('http') }, ...timings }
}

/** Where the program looks for its configuration. */
export const configMount = { name: 'config', mountPath: '/app/config', readOnly: true } as const

/** Volumes of a service: its configuration and its Secrets. */
export function serviceVolumes(model: Model): Volume[] {
  return [{ name: 'config', configMap: { name: model.names.config } }, ...secretVolumes(model.secrets)]
}

// A variable holds the path of a file, not the value: a changed Secret changes the file in a running pod.
export function secretEnv(uses: readonly SecretUse[]): EnvVar[] {
  return uses.map(({ variable, purpose, key }) => ({ name: variable, value: `${SECRETS}/${purpose}/${key}` }))
}

/** Mounts of the volumes of `secretVolumes`. */
export function secretMounts(uses: readonly SecretUse[]) {
  return uses.map(({ purpose }) => ({ name: purpose, mountPath: `${SECRETS}/${purpose}`, readOnly: true }))
}

/** A volume for each Secret, with the used key alone. */
function secretVolumes(uses: readonly SecretUse[]): Volume[] {
  return uses.map(({ purpose, name, key }) => ({
    name: purpose,
    secret: { secretName: name, items: [{ key, path: key }] },
  }))
}

/** Resources as the types of cdk8s-plus take them. */
export function amounts(resources: { readonly cpu: string | number; readonly memory: string | number }) {
  return {
    cpu: Quantity.fromString(String(resources.cpu)),
    memory: Quantity.fromString(String(resources.memory)),
  }
}

/** Prefers different nodes and zones for the pods of a service, and never leaves a pod unscheduled for it. */
export function spread(selector: Labels): TopologySpreadConstraint[] {
  return ['kubernetes.io/hostname', 'topology.kubernetes.io/zone'].map((topologyKey) => ({
    maxSkew: 1,
    topologyKey,
    whenUnsatisfiable: 'ScheduleAnyway',
    labelSelector: { matchLabels: selector },
    matchLabelKeys: ['pod-template-hash'],
  }))
}
