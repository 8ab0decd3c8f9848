import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { missingTools, onPath } from '@chat-app/sandbox-machine'
import { kubectl, type Kubectl } from '@chat-app/kubectl'
import { hasDockerEngine } from './docker.ts'
import type { ImageRoute } from './image-route.ts'
import { demoRoots } from './objects.ts'
import { whyNoRegistry } from '@chat-app/sandbox-images'
import type { Missing } from './target.ts'

const run = promisify(execFile)

/** Returns what is missing for the demo, on this machine and in the cluster of the context. Changes nothing. */
export async function missingForContext(
  cluster: Kubectl,
  context: string,
  route: ImageRoute | undefined,
): Promise<Missing[]> {
  if (onPath('kubectl') === undefined) {
    return [{ what: 'kubectl', remedy: 'install it: https://kubernetes.io/docs/tasks/tools/' }]
  }
  const cannotReach = await unreachable(cluster, context)
  if (cannotReach) return [cannotReach]
  const checks = [missingRoute(context, route), missingBuilder(), missingRightsOrNames(cluster)]
  return (await Promise.all(checks)).flat()
}

async function unreachable(cluster: Kubectl, context: string): Promise<Missing | undefined> {
  const names = await kubectl({ binary: 'kubectl' })(['config', 'get-contexts', '-o', 'name']).catch(() => '')
  const contexts = names.split('\n').filter((name) => name !== '')
  if (!contexts.includes(context)) {
    const known = contexts.length === 0 ? 'your kubeconfig has none' : `your kubeconfig has ${contexts.join(', ')}`
    return { what: `a context named ${context}`, remedy: `${known}; set KUBECONFIG to use another file` }
  }
  try {
    await cluster(['get', '--raw', '/readyz', '--request-timeout=10s'], { timeoutMs: 20_000 })
    return undefined
  } catch (error) {
    return {
      what: `a response from the cluster of context ${context}: ${(error as Error).message}`,
      remedy: `start the cluster, or run kubectl --context ${context} cluster-info`,
    }
  }
}

async function missingRoute(context: string, route: ImageRoute | undefined): Promise<Missing[]> {
  if (!route) {
    const what = `a way to load images into ${context} (it is not kind, k3d, minikube or docker-desktop)`
    return [{ what, remedy: 'set a registry that the cluster can pull from: --registry HOST/PATH' }]
  }
  if (route.program !== undefined && !(await isInstalled(route.program, ['version']))) {
    return [{ what: route.program, remedy: 'install it, or set a registry: --registry HOST/PATH' }]
  }
  return route.registry && !(await hasDockerEngine()) ? missingRegistry(route.registry) : []
}

/** Only checked without Docker, which pushes with its own logins and certificates. */
async function missingRegistry(registry: NonNullable<ImageRoute['registry']>): Promise<Missing[]> {
  const why = await whyNoRegistry(registry)
  if (why === undefined) return []
  const remedy = why.includes('login')
    ? 'run docker login and start Docker, which then pushes the images; or set a registry without a login'
    : 'start it, or set another registry; use http://HOST:PORT/PATH for a registry without TLS'
  return [{ what: `the registry ${registry.origin}: ${why}`, remedy }]
}

async function missingBuilder(): Promise<Missing[]> {
  const tools = missingTools()
  if (tools.length === 0 || (await hasDockerEngine())) return []
  const what = `Docker, or ${tools.join(', ')} of Debian, to build images`
  return [{ what, remedy: 'start Docker' }]
}

/** Checks names only with sufficient rights: a user who may not create a namespace may not be allowed to get one either. */
async function missingRightsOrNames(cluster: Kubectl): Promise<Missing[]> {
  const missing = await missingRights(cluster)
  return missing.length > 0 ? missing : conflictingNames(cluster)
}

/** A sample of the resources that the demo creates. An administrator may create all of them. */
const REQUIRED_RIGHTS = [
  { group: '', resource: 'namespaces' },
  { group: 'apiextensions.k8s.io', resource: 'customresourcedefinitions' },
  { group: 'rbac.authorization.k8s.io', resource: 'roles' },
]

async function missingRights(cluster: Kubectl): Promise<Missing[]> {
  const reviews = REQUIRED_RIGHTS.map((attributes) => ({
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: { resourceAttributes: { ...attributes, verb: 'create' } },
  }))
  // A review is not stored. The response to each one has its result in `status.allowed`.
  const input = reviews.map((review) => JSON.stringify(review)).join('\n---\n')
  const answers = await cluster(['create', '--validate=false', '-f', '-', '-o', 'jsonpath={.status.allowed}{"\\n"}'], {
    input,
  })
  const allowed = answers.trim().split('\n')
  return REQUIRED_RIGHTS.filter((_, i) => allowed[i] !== 'true').map(({ resource }) => ({
    what: `the right to create ${resource}`,
    remedy: 'use the context of an administrator',
  }))
}

/** The namespaces and the CRD of the demo must not exist, unless an earlier demo created them. */
async function conflictingNames(cluster: Kubectl): Promise<Missing[]> {
  const { foreign } = await demoRoots(cluster)
  return foreign.map((name) => ({
    what: `${name}: it already exists and was not created by the demo`,
    remedy: 'use another cluster, or delete it',
  }))
}

async function isInstalled(program: string, args: readonly string[]): Promise<boolean> {
  return run(program, args, { timeout: 20_000 }).then(
    () => true,
    () => false,
  )
}
