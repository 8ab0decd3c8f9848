import { quantityValue } from '@chat-app/crds'
import { canonical } from '../canonical.ts'
import { owned } from '../complete.ts'
import { hashOf } from '../hash.ts'
import { jobName } from '../job.ts'
import { componentLabels, INPUTS } from '../labels.ts'
import { DATABASE_CONNECTIONS } from '../limits.ts'
import type { ChatComponent } from '../components.ts'
import type { Model } from '../model.ts'
import type { Facts, KubernetesObject } from '../types.ts'
import { POD_NAME, variables } from './pod.ts'

/** The two parts of a proof: before a pod of the release is written, and while they replace the former ones. */
export type ProofPart = 'before' | 'during'

/** What a proof takes at most, and the messages that its first part sends at least. */
const PROOF = {
  messages: 5000,
  retries: 6,
  graceSeconds: 60,
  seconds: { before: 600, during: 3600 },
  resources: { requests: { cpu: '50m', memory: '96Mi' }, limits: { cpu: '500m', memory: '256Mi' } },
  sidecarRequests: { cpu: '50m', memory: '128Mi' },
} as const

/** It gives up by itself before its Job is killed, so that its own words are the last ones. */
const OWN_END_SECONDS = 30

/** Lost messages (EX_DATAERR), an invalid configuration (EX_CONFIG), and an image without the command: no other try helps. */
const FINAL_CODES = [2, 65, 78]

/** Of a name in a pod, which has at most 63, before its hash. */
const KEPT_CHARACTERS = 54

const PORT = 8080
/** Ports of the new processes beside the proof, which no Service names. */
const PORTS = { api: { http: 18_080, metrics: 19_090 }, websocket: { http: 18_085, metrics: 19_095 } } as const

/** The stored templates of a release, which the pods of its proof are made from. */
export interface ProvenRelease {
  readonly version: string
  readonly templates: { readonly api: object; readonly websocket: object }
}

interface Named {
  readonly name: string
  readonly [field: string]: unknown
}

interface Container extends Named {
  readonly env?: readonly Named[]
  readonly lifecycle?: Record<string, unknown>
  readonly resources?: { readonly requests?: Record<string, string | number> }
  readonly volumeMounts?: readonly Named[] | undefined
  readonly volumeDevices?: readonly Named[] | undefined
}

interface Template {
  readonly metadata?: { readonly labels?: object; readonly annotations?: Record<string, string> }
  readonly spec: {
    readonly initContainers?: readonly Container[] | undefined
    readonly containers: readonly Container[]
    readonly volumes?: readonly Named[] | undefined
  }
}

/**
 * The Job of a part of a proof. Containers that the ChatApp adds to the pods run beside it too, as native sidecars, which do not
 * keep the Job from ending.
 *
 * @param run names a run of the proof: another one is another Job
 */
export function proofJob(
  model: Model,
  facts: Facts,
  release: ProvenRelease,
  part: ProofPart,
  run: string,
): KubernetesObject {
  const labels = componentLabels({ name: model.name, version: release.version }, 'prove')
  const spec = {
    activeDeadlineSeconds: PROOF.seconds[part],
    backoffLimit: PROOF.retries,
    podFailurePolicy: {
      rules: [{ action: 'FailJob', onExitCodes: { containerName: 'prove', operator: 'In', values: FINAL_CODES } }],
    },
    template: templateOf(model, facts, release, part, labels),
  }
  const name = jobName(`${model.names.prove}-${part}`, [run, spec])
  const metadata = { name, namespace: model.namespace, labels: { ...labels } }
  return owned({ apiVersion: 'batch/v1', kind: 'Job', metadata, spec }, facts)
}

function templateOf(model: Model, facts: Facts, release: ProvenRelease, part: ProofPart, labels: object): object {
  const api = release.templates.api as Template
  const websocket = apart(release.templates.websocket as Template, api)
  const annotations = { ...api.metadata?.annotations, [INPUTS]: undefined }
  const volumes = [...(api.spec.volumes ?? []), ...(websocket.spec.volumes ?? [])]
  const added = [addedTo('api', api), part === 'before' ? addedTo('websocket', websocket) : []].flat()
  const sidecars = part === 'before' ? [sidecarOf('api', api), sidecarOf('websocket', websocket)] : []
  const initContainers = [...unique(added), ...sidecars]
  const spec = {
    ...api.spec,
    // They are about the pods of the service.
    topologySpreadConstraints: undefined,
    initContainers: initContainers.length > 0 ? initContainers : undefined,
    serviceAccount: undefined,
    serviceAccountName: model.names.prove,
    automountServiceAccountToken: false,
    restartPolicy: 'Never',
    terminationGracePeriodSeconds: PROOF.graceSeconds,
    containers: [proverOf(model, facts, release, api, part)],
    volumes: unique(volumes),
  }
  const metadata = { labels: { ...api.metadata?.labels, ...labels }, annotations }
  // Without the fields that are undefined.
  return JSON.parse(JSON.stringify({ metadata, spec })) as object
}

/**
 * The template with other names for those of its volumes and added containers that the other template has with another
 * content: both are in one pod.
 */
function apart(template: Template, other: Template): Template {
  const moved = renamed(template, clashes(template.spec.volumes, other.spec.volumes))
  return renamed(moved, undefined, clashes(addedTo('websocket', moved), addedTo('api', other)))
}

type Names = ReadonlyMap<string, string>

/** The new names, by the present ones. */
function clashes(all: readonly Named[] = [], others: readonly Named[] = []): Names {
  const found = all.filter((one) => {
    const other = others.find(({ name }) => name === one.name)
    return other && canonical(one) !== canonical(other)
  })
  return new Map(found.map((one) => [one.name, `${one.name.slice(0, KEPT_CHARACTERS)}-${hashOf(one).slice(0, 8)}`]))
}

/** The template with these new names of volumes and of containers. */
function renamed(template: Template, volumes?: Names, containers?: Names): Template {
  const names: Readonly<Record<string, Names | undefined>> = {
    volumes,
    volumeMounts: volumes,
    volumeDevices: volumes,
    initContainers: containers,
    containers,
  }
  const withNames = (key: string, value: unknown): unknown =>
    Array.isArray(value) && names[key] !== undefined
      ? value.map((one: Named) => ({ ...one, name: names[key]?.get(one.name) ?? one.name }))
      : value
  return JSON.parse(JSON.stringify(template), withNames) as Template
}

/** What a ChatApp has added to the pods of a service: it may prepare or carry what the process needs. */
function addedTo(component: ChatComponent, template: Template): Container[] {
  const { initContainers = [], containers } = template.spec
  const own = containerOf(component, template)
  const beside = containers.filter((container) => container !== own)
  return [...initContainers, ...beside.map((container) => ({ ...container, restartPolicy: 'Always' }))]
}

/** The first of each name. */
function unique<T extends Named>(all: readonly T[]): T[] {
  return all.filter(({ name }, index) => all.findIndex((other) => other.name === name) === index)
}

/** A container of the release as a native sidecar, which ends with the proof. */
function sidecarOf(component: ChatComponent, template: Template): object {
  const container = containerOf(component, template)
  const { http, metrics } = PORTS[component]
  const env = {
    NODE_ID: `$(POD_NAME)-${component}`,
    SERVER_PORT: http,
    METRICS_PORT: metrics,
    DRAIN_PERIOD_SECONDS: 0,
  }
  return {
    ...container,
    restartPolicy: 'Always',
    ports: [{ containerPort: http }, { containerPort: metrics }],
    env: [...variables({ POD_NAME }), ...withEnv(container, env, ['POD_NAME', 'REBALANCE_PERCENT', 'REBALANCE_GROUP'])],
    resources: { ...container.resources, requests: requestsOf(container) },
    ...probesOf(container, ['startupProbe', 'readinessProbe', 'livenessProbe'], http),
    // No proxy has to notice that it stops.
    lifecycle: { ...container.lifecycle, preStop: undefined },
  }
}

/** The probes of a container at another port. Names of ports would not be unique in the pod. */
function probesOf(container: Container, probes: readonly string[], port: number): object {
  const moved = probes.map((name) => {
    const probe = container[name] as { httpGet?: object } | undefined
    return [name, probe?.httpGet === undefined ? probe : { ...probe, httpGet: { ...probe.httpGet, port } }]
  })
  return Object.fromEntries(moved) as object
}

/** The sidecars carry two users, and never ask for more than the release does. */
function requestsOf({ resources }: Container): object {
  const least = (name: 'cpu' | 'memory') => {
    const most = PROOF.sidecarRequests[name]
    const asked = resources?.requests?.[name] ?? most
    return quantityValue(asked) < quantityValue(most) ? asked : most
  }
  return { ...resources?.requests, cpu: least('cpu'), memory: least('memory') }
}

function proverOf(model: Model, { owner }: Facts, { version }: ProvenRelease, api: Template, part: ProofPart): object {
  const container = containerOf('api', api)
  const { name, namespace, services } = model
  const { lost, maxGapSeconds } = model.spec.rollout.budget
  const env = {
    PROOF_PART: part,
    // Two clusters may have the same names and one database.
    PROOF_OWNER: hashOf([namespace, name, owner?.uid ?? '']),
    PROOF_API_URL: `http://${services.api.name}.${namespace}.svc`,
    PROOF_WEBSOCKET_URL: `ws://${services.websocket.name}.${namespace}.svc`,
    ...(part === 'before' && {
      PROOF_NEW_API_URL: `http://127.0.0.1:${PORTS.api.http}`,
      PROOF_NEW_WEBSOCKET_URL: `ws://127.0.0.1:${PORTS.websocket.http}`,
      PROOF_MESSAGES: PROOF.messages,
    }),
    PROOF_MAX_LOST: lost,
    PROOF_MAX_GAP_SECONDS: maxGapSeconds,
    PROOF_TIMEOUT_SECONDS: PROOF.seconds[part] - OWN_END_SECONDS,
    RELEASE_VERSION: version,
    SERVER_PORT: PORT,
    DATABASE_MAX_CONNECTIONS: DATABASE_CONNECTIONS.prove,
  }
  const { startupProbe: _s, lifecycle: _l, ...kept } = container
  return {
    ...kept,
    name: 'prove',
    args: ['prove'],
    ports: [{ name: 'http', containerPort: PORT }],
    env: [...variables({ NODE_ID: POD_NAME }), ...withEnv(container, env, ['NODE_ID', 'METRICS_PORT'])],
    resources: PROOF.resources,
    ...probesOf(container, ['readinessProbe', 'livenessProbe'], PORT),
  }
}

/** The container of the service, which a webhook or the ChatApp may have put after others. */
function containerOf(component: string, { spec: { containers } }: Template): Container {
  const found = containers.find(({ name }) => name === component) ?? containers[0]
  if (found === undefined) throw new Error(`the stored template of ${component} has no container`)
  return found
}

/** The variables of a container, with other values for some, and without some. */
function withEnv(
  { env = [] }: Container,
  values: Readonly<Record<string, string | number>>,
  without: readonly string[],
): object[] {
  const kept = env.filter(({ name }) => !Object.hasOwn(values, name) && !without.includes(name))
  return [...variables(values), ...kept]
}
