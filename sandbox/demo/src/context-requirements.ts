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

/** What the cluster of a context, or this machine, lacks for the demo. Nothing is changed. */
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
    return { what: `a context named ${context}`, remedy: `${known}; KUBECONFIG names another file` }
  }
  try {
    await cluster(['get', '--raw', '/readyz', '--request-timeout=10s'], { timeoutMs: 20_000 })
    return undefined
  } catch (error) {
    return {
      what: `an answer of the cluster of context ${context}: ${(error as Error).message}`,
      remedy: `start it, or see what kubectl --context ${context} cluster-info says`,
    }
  }
}

async function missingRoute(context: string, route: ImageRoute | undefined): Promise<Missing[]> {
  if (!route) {
    const what = `a way to bring our images into ${context} (it is no kind, k3d, minikube or docker-desktop)`
    return [{ what, remedy: 'name a registry that the cluster pulls from: --registry HOST/PATH' }]
  }
  if (route.program !== undefined && !(await isInstalled(route.program, ['version']))) {
    return [{ what: route.program, remedy: 'install it, or name a registry: --registry HOST/PATH' }]
  }
  return route.registry && !(await hasDockerEngine()) ? missingRegistry(route.registry) : []
}

/** Docker has ways of its own to log in and to trust; without it we push ourselves. */
async function missingRegistry(registry: NonNullable<ImageRoute['registry']>): Promise<Missing[]> {
  const why = await whyNoRegistry(registry)
  if (why === undefined) return []
  const remedy = why.includes('login')
    ? 'log in by docker login and start Docker, which then pushes; or name a registry without a login'
    : 'start it, or name another; http://HOST:PORT/PATH is one without TLS'
  return [{ what: `the registry ${registry.origin}: ${why}`, remedy }]
}

async function missingBuilder(): Promise<Missing[]> {
  const tools = missingTools()
  if (tools.length === 0 || (await hasDockerEngine())) return []
  const what = `Docker, or Debian's ${tools.join(', ')}: images are built by the one or with the others`
  return [{ what, remedy: 'start Docker' }]
}

/** Who may not create a namespace may not be allowed to look for one either. */
async function missingRightsOrNames(cluster: Kubectl): Promise<Missing[]> {
  const REQUIRED_RIGHTS = await missingRights(cluster)
  return REQUIRED_RIGHTS.length > 0 ? REQUIRED_RIGHTS : conflictingNames(cluster)
}

/** What the demo makes first; an administrator may make all of it. */
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
  // Creating one asks the question and stores nothing; each answer is one object.
  const input = reviews.map((review) => JSON.stringify(review)).join('\n---\n')
  const answers = await cluster(['create', '--validate=false', '-f', '-', '-o', 'jsonpath={.status.allowed}{"\\n"}'], {
    input,
  })
  const allowed = answers.trim().split('\n')
  return REQUIRED_RIGHTS
    .filter((_, i) => allowed[i] !== 'true')
    .map(({ resource }) => ({
      what: `the right to create ${resource}`,
      remedy: 'use a context of an administrator',
    }))
}

/** The demo's namespaces and CRD must be absent, or left from an earlier demo: what is not ours stays untouched. */
async function conflictingNames(cluster: Kubectl): Promise<Missing[]> {
  const { foreign } = await demoRoots(cluster)
  return foreign.map((name) => ({
    what: `${name}: it is isInstalled already and not the demo's`,
    remedy: 'use another cluster, or remove it yourself',
  }))
}

async function isInstalled(program: string, args: readonly string[]): Promise<boolean> {
  return run(program, args, { timeout: 20_000 }).then(
    () => true,
    () => false,
  )
}
