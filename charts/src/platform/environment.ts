import { ApiObject, App, Chart } from 'cdk8s'
import { API_VERSION, crd, KIND, type ChatApp } from '@chat-app/crds'
import { join } from 'node:path'
import { declaredFacts, desired } from '../desired.ts'
import { model } from '../model.ts'
import { operator } from '../operator-install.ts'
import { mariaDb } from './mariadb.ts'
import { minio } from './minio.ts'
import { namespace } from './namespace.ts'
import { prometheus } from './prometheus.ts'
import { pxc } from './pxc.ts'
import { redisOperator } from './redis-operator.ts'
import { redisPods } from './redis-pods.ts'
import type { KubernetesObject } from '../types.ts'
import type { Environment } from './values.ts'

/**
 * The files of an environment as cdk8s apps: one for the folder that a pipeline applies, in the order of the names, and
 * one for `preview/`, which shows what the operator will make of the ChatApp and which nothing applies.
 */
export function environmentApps(environment: Environment, outdir: string): App[] {
  return [appliedApp(environment, outdir), previewApp(environment, join(outdir, 'preview'))]
}

/** What a pipeline applies for an environment, in order. */
export function applied(environment: Environment): KubernetesObject[] {
  return appliedApp(environment, 'dist').charts.flatMap((chart) => chart.toJson() as KubernetesObject[])
}

function appliedApp(environment: Environment, outdir: string): App {
  const { dataNamespace, database, redis, storage, monitoring } = environment
  const app = new App({ outdir, outputFileExtension: '.yaml' })
  const file = (name: string) => new Chart(app, name, { disableResourceNameHashes: true })

  namespaces(file('00-namespaces'), environment)
  object(file('10-crd'), crd())
  operator(file('20-operator'), environment.operator)
  const data = file('30-database')
  if (database.kind === 'mariadb') mariaDb(data, dataNamespace, database)
  else pxc(data, dataNamespace, database)
  const cache = file('40-redis')
  if (redis.kind === 'pods') redisPods(cache, dataNamespace, redis)
  else redisOperator(cache, dataNamespace, redis)
  if (storage !== undefined) minio(file('50-storage'), storage)
  if (monitoring !== undefined) prometheus(file('60-monitoring'), monitoring, environment.operator.watchNamespaces)
  object(file('90-chatapp'), chatApp(environment))
  return app
}

/** The parts that other operators run need more than `restricted`; ours do not. */
function namespaces(chart: Chart, environment: Environment): void {
  const { chatApp, dataNamespace, database, storage, monitoring } = environment
  namespace(chart, chatApp.namespace)
  namespace(chart, dataNamespace, database.kind === 'mariadb' ? 'restricted' : 'baseline')
  if (storage !== undefined) namespace(chart, storage.namespace, 'baseline')
  if (monitoring !== undefined) namespace(chart, monitoring.namespace, 'baseline')
}

function previewApp(environment: Environment, outdir: string): App {
  const app = new App({ outdir, outputFileExtension: '.yaml' })
  const chart = new Chart(app, environment.chatApp.name, { disableResourceNameHashes: true })
  for (const child of desired(model(chatApp(environment)), declaredFacts)) object(chart, child)
  return app
}

/** The ChatApp of an environment as it is applied: what is left out of it is stored as the schema's default. */
export function chatApp({ chatApp: { name, namespace, spec } }: Environment): ChatApp {
  return { apiVersion: API_VERSION, kind: KIND, metadata: { name, namespace }, spec }
}

interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string }
}

function object(chart: Chart, manifest: Manifest): void {
  new ApiObject(chart, `${manifest.kind}-${manifest.metadata.name}`, { ...manifest })
}
