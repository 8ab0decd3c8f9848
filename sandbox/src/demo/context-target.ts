import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { version } from '@chat-app/environments'
import { buildArchives } from '../images/index.ts'
import { kubectl, KubectlError } from '../kubectl.ts'
import type { Kubectl } from '../kubectl.ts'
import { dockerArchives, dockerPush, hasDockerEngine } from './docker.ts'
import { imageRoute } from './image-route.ts'
import type { ImageRoute } from './image-route.ts'
import { namespaces, ownLabel, removeOwn } from './objects.ts'
import type { Missing, Target } from './target.ts'

const run = promisify(execFile)
const ownImages = ['chat-service', 'websocket-service', 'operator', 'demo-users']

export interface ContextOptions {
  /** A context of the user's kubeconfig. */
  readonly context: string
  /** HOST/PATH of a registry that the cluster pulls from. */
  readonly registry?: string
  /** Images of the data stores; public ones by default. */
  readonly mariadb: string
  readonly redis: string
}

/** A cluster that is the user's: nothing there is touched but what the demo itself makes. */
export function contextTarget(options: ContextOptions): Target {
  const cluster = kubectl({ binary: 'kubectl', context: options.context })
  const route = imageRoute(options.context, options.registry)
  return {
    title: `the cluster of context ${options.context}`,
    images: { registry: route?.prefix ?? '', mariadb: options.mariadb, redis: options.redis },
    creates: [
      ...namespaces.map((name) => `namespace ${name} and what is in it`),
      'the CustomResourceDefinition chatapps.chat-app.com',
      `images: ${route?.title ?? ''}`,
    ],
    missing: () => missing(cluster, options),
    async start(say) {
      if (!route) throw new Error('no way to bring images into the cluster')
      await bringImages(route, options, say)
      return cluster
    },
    hints: () => [`kubectl --context ${options.context} -n chat-app get chatapp,pods`],
    stop: (say) => removeOwn(cluster, say),
  }
}

/** Built by the Dockerfile where a Docker engine is, else by our own writer of images, which needs Debian's packages. */
async function bringImages(route: ImageRoute, options: ContextOptions, say: (text: string) => void): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'chat-app-images-'))
  try {
    const docker = await hasDockerEngine()
    const images = docker
      ? await dockerArchives(route.prefix, version, folder, say)
      : await buildArchives({ registry: route.prefix, only: ownImages, say })
    for (const image of images) {
      say(`${image.name}: ${route.title}`)
      if (docker && options.registry !== undefined) await dockerPush(image.reference)
      else await route.load(image)
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function missing(cluster: Kubectl, options: ContextOptions): Promise<Missing[]> {
  if (!(await there('kubectl', ['version', '--client']))) {
    return [{ what: 'kubectl', remedy: 'install it: https://kubernetes.io/docs/tasks/tools/' }]
  }
  const unreachable = await cluster(['get', '--raw', '/readyz', '--request-timeout=10s']).then(
    () => undefined,
    (error: KubectlError) => error.message,
  )
  if (unreachable !== undefined) {
    return [
      {
        what: `the cluster of context ${options.context}: ${unreachable}`,
        remedy: 'kubectl config get-contexts lists the contexts',
      },
    ]
  }
  const checks = await Promise.all([missingRoute(options), missingRights(cluster), taken(cluster)])
  return checks.flat()
}

async function missingRoute(options: ContextOptions): Promise<Missing[]> {
  const route = imageRoute(options.context, options.registry)
  if (!route) {
    const remedy = 'name a registry that the cluster pulls from: --registry HOST/PATH'
    return [
      {
        what: `a way to bring our images into ${options.context} (it is no kind, k3d, minikube or docker-desktop)`,
        remedy,
      },
    ]
  }
  if (route.program !== undefined && !(await there(route.program, ['version']))) {
    return [{ what: route.program, remedy: `install it, or name a registry: --registry HOST/PATH` }]
  }
  return []
}

async function missingRights(cluster: Kubectl): Promise<Missing[]> {
  const wanted = ['namespaces', 'customresourcedefinitions.apiextensions.k8s.io', 'roles.rbac.authorization.k8s.io']
  const answers = await Promise.all(
    wanted.map((resource) =>
      cluster(['auth', 'can-i', 'create', resource, '-A']).then(
        () => [],
        () => [resource],
      ),
    ),
  )
  return answers
    .flat()
    .map((resource) => ({ what: `the right to create ${resource}`, remedy: 'use a context of an administrator' }))
}

/** The demo's namespaces and CRD must be absent, or left from an earlier demo: what is not ours stays untouched. */
async function taken(cluster: Kubectl): Promise<Missing[]> {
  const names = [...namespaces.map((name) => `namespace/${name}`), 'customresourcedefinition/chatapps.chat-app.com']
  const each = names.map(async (name) => {
    const found = await cluster(['get', name, '--ignore-not-found', '-o', 'json'])
    const labels =
      found === ''
        ? undefined
        : (JSON.parse(found) as { metadata: { labels?: Record<string, string> } }).metadata.labels
    return found === '' || labels?.[ownLabel] === 'true' ? [] : [name]
  })
  return (await Promise.all(each)).flat().map((name) => ({
    what: `${name}: it is there already and not the demo's`,
    remedy: 'use another cluster, or remove it yourself',
  }))
}

async function there(program: string, args: readonly string[]): Promise<boolean> {
  return run(program, args, { timeout: 20_000 }).then(
    () => true,
    () => false,
  )
}
