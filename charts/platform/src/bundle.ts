import { crd } from '@chat-app/crds'
import { App, Chart } from 'cdk8s'
import { join } from 'node:path'
import { declaredFacts, desired, type KubernetesObject } from '@chat-app/chat'
import { Manifest } from '@chat-app/chat/constructs'
import { operator } from './install/operator-install.ts'
import { chatApp, chatModel } from './parts/chat-app.ts'
import { blaming } from './check/clusters.ts'
import type { Cluster } from './environment/cluster.ts'
import { database } from './parts/database/index.ts'
import { edge } from './parts/edge/index.ts'
import { logs } from './parts/logs/index.ts'
import { messaging } from './parts/messaging/index.ts'
import { monitoring } from './parts/monitoring/index.ts'
import { namespaces } from './parts/namespaces.ts'
import { policies } from './parts/policies/index.ts'
import { redis } from './parts/redis/index.ts'
import { secrets } from './parts/secrets/index.ts'
import { storage } from './parts/storage/index.ts'

const CRD = '10-crd'

/** The parts of the platform, each with its file: a pipeline applies them in the order of the names. */
const parts: Readonly<Record<string, (chart: Chart, cluster: Cluster) => void>> = {
  '00-namespaces': namespaces,
  '05-policies': policies,
  [CRD]: (chart) => object(chart, crd()),
  '20-operator': (chart, { environment }) => operator(chart, environment.operator),
  '25-secrets': secrets,
  '30-database': database,
  '40-redis': redis,
  '50-storage': storage,
  '55-messaging': messaging,
  '60-monitoring': monitoring,
  '65-logs': logs,
  '70-edge': edge,
  '90-chatapp': (chart, cluster) => object(chart, chatApp(cluster)),
}

/**
 * The files of a cluster as cdk8s apps: one for the folder that a pipeline applies, and one for `preview/`, which shows
 * what the operator will make of the ChatApp and which nothing applies.
 */
export function bundleApps(cluster: Cluster, outdir: string): App[] {
  return [appliedApp(cluster, outdir), previewApp(cluster, join(outdir, 'preview'))]
}

/** A file of a cluster's folder: its path below the folder, and the objects that stand in it. */
export interface ManifestFile {
  readonly path: string
  readonly objects: readonly KubernetesObject[]
}

/** What `bundleApps` would write, as data: the files in the order in which they are applied, then the preview. */
export function manifests(cluster: Cluster): ManifestFile[] {
  return blaming(cluster, () => [...appliedFiles(cluster), ...filesOf(previewApp(cluster, 'dist'), 'preview/')])
}

/** What a pipeline applies to a cluster, in order. */
export function applied(cluster: Cluster): KubernetesObject[] {
  return appliedFiles(cluster).flatMap(({ objects }) => objects)
}

function appliedFiles(cluster: Cluster): ManifestFile[] {
  return filesOf(appliedApp(cluster, 'dist'))
}

function filesOf(app: App, folder = ''): ManifestFile[] {
  return app.node.children.map((chart) => ({
    path: `${folder}${chart.node.id}.yaml`,
    objects: chart.node.id === CRD ? (crdObjects ??= objectsOf(chart as Chart)) : objectsOf(chart as Chart),
  }))
}

/** The largest file, and the same in every cluster. */
let crdObjects: readonly KubernetesObject[] | undefined

// Chart.toJson looks for dependencies in the whole app each time; there are none between our objects.
function objectsOf(chart: Chart): KubernetesObject[] {
  return chart.apiObjects.map((object) => object.toJson() as KubernetesObject)
}

function appliedApp(cluster: Cluster, outdir: string): App {
  const app = new App({ outdir, outputFileExtension: '.yaml' })
  for (const [name, part] of Object.entries(parts)) {
    const chart = new Chart(app, name, { disableResourceNameHashes: true })
    part(chart, cluster)
    // A part that the environment does not have makes no empty file.
    if (chart.apiObjects.length === 0) app.node.tryRemoveChild(name)
  }
  return app
}

function previewApp(cluster: Cluster, outdir: string): App {
  const app = new App({ outdir, outputFileExtension: '.yaml' })
  const chart = new Chart(app, cluster.environment.chatApp.name, { disableResourceNameHashes: true })
  for (const child of desired(chatModel(cluster), declaredFacts)) object(chart, child)
  return app
}

interface Fields {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string }
}

function object(chart: Chart, fields: Fields): void {
  new Manifest(chart, `${fields.kind}-${fields.metadata.name}`, { ...fields })
}
