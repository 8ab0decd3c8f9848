import { crd } from '@chat-app/crds'
import { App, Chart } from 'cdk8s'
import { basename, join } from 'node:path'
import { declaredFacts, desired, type KubernetesObject } from '@chat-app/chat'
import { Manifest } from '@chat-app/chat/constructs'
import { operator } from './install/operator-install.ts'
import { chatApp, chatModel } from './parts/chat-app.ts'
import { withEnvironmentErrors } from './check/clusters.ts'
import type { Cluster } from './environment/cluster.ts'
import { withImage } from './environment/operator.ts'
import { customFiles, type ManifestFile } from './custom/files.ts'
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

/** The parts of the platform by the name of their file. A pipeline applies the files in the order of their names. */
const parts: Readonly<Record<string, (chart: Chart, cluster: Cluster) => void>> = {
  '00-namespaces': namespaces,
  '05-policies': policies,
  [CRD]: (chart) => object(chart, crd()),
  '20-operator': (chart, { environment }) => operator(chart, withImage(environment.operator)),
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
 * The files of a cluster as two cdk8s apps: the folder that a pipeline applies, and `preview/`, which shows the objects
 * that the operator will create for the ChatApp. Nothing applies the preview.
 *
 * @param outdir the folder of the cluster
 */
export function bundleApps(cluster: Cluster, outdir: string): App[] {
  return [appOf(appliedFiles(cluster), outdir), previewApp(cluster, join(outdir, 'preview'))]
}

function appOf(files: readonly ManifestFile[], outdir: string): App {
  const app = new App({ outdir, outputFileExtension: '.yaml' })
  for (const { path, objects } of files) {
    const chart = new Chart(app, basename(path, '.yaml'), { disableResourceNameHashes: true })
    for (const [index, fields] of objects.entries()) new Manifest(chart, `object-${index}`, { ...fields })
  }
  return app
}

/**
 * The files that `bundleApps` writes, as data: first those that are applied, in order, then the preview.
 *
 * @throws EnvironmentError when the ChatApp cannot be rendered
 */
export function manifests(cluster: Cluster): ManifestFile[] {
  return withEnvironmentErrors(cluster, () => [
    ...appliedFiles(cluster),
    ...filesOf(previewApp(cluster, 'dist'), 'preview/'),
  ])
}

/** The objects that a pipeline applies to a cluster, in order. */
export function applied(cluster: Cluster): KubernetesObject[] {
  return withEnvironmentErrors(cluster, () => appliedFiles(cluster)).flatMap(({ objects }) => objects)
}

function appliedFiles(cluster: Cluster): ManifestFile[] {
  return customFiles(filesOf(appliedApp(cluster)), cluster.environment)
}

function filesOf(app: App, folder = ''): ManifestFile[] {
  return app.node.children.map((chart) => ({
    path: `${folder}${chart.node.id}.yaml`,
    objects: chart.node.id === CRD ? (crdObjects ??= objectsOf(chart as Chart)) : objectsOf(chart as Chart),
  }))
}

/** The objects of the CRD: the largest file, and the same for every cluster, so it is made once. */
let crdObjects: readonly KubernetesObject[] | undefined

// Chart.toJson searches the whole app for dependencies on each call. These objects declare none.
function objectsOf(chart: Chart): KubernetesObject[] {
  return chart.apiObjects.map((object) => object.toJson() as KubernetesObject)
}

function appliedApp(cluster: Cluster): App {
  const app = new App()
  for (const [name, part] of Object.entries(parts)) {
    const chart = new Chart(app, name, { disableResourceNameHashes: true })
    part(chart, cluster)
    // A part that the environment does not have must not leave an empty file.
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
