import { expect } from 'vitest'
import type { KubernetesObject, OwnerReference } from '@chat-app/chat'
import { type Kubectl, established } from '@chat-app/kubectl'
import { test } from '@chat-app/sandbox-cluster/testing'
import { DEADLINE_MS, uniqueName } from '@chat-app/testing'
import { documents, resourceOf } from './names.ts'
import { allReady, NotReady } from './ready.ts'

const DEADLINE_SECONDS = DEADLINE_MS / 1000

test('a status from before the change does not count as ready', async ({ run, namespace }) => {
  await withKind(run, 'Kibana', async (apiVersion) => {
    const metadata = { name: 'logs', namespace }
    const object = (count: number): KubernetesObject => ({ apiVersion, kind: 'Kibana', metadata, spec: { count } })
    const apply = (count: number) => run(['apply', '-f', '-'], { input: documents([object(count)]) })
    const says = (observedGeneration: number) => status(run, object(1), { health: 'green', observedGeneration })
    const wait = (seconds: number) => allReady(run, [object(1)], seconds, () => {})
    const isReady = () => wait(DEADLINE_SECONDS)

    await apply(1)
    await says(1)
    await isReady()
    await apply(2)
    await expect(wait(2)).rejects.toThrow(NotReady)
    await says(2)
    await isReady()
  })
})

test('an object whose status has no generation is ready when its StatefulSets are rolled out too', async ({
  run,
  namespace,
}) => {
  await withKind(run, 'Tenant', async (apiVersion) => {
    const tenant: KubernetesObject = { apiVersion, kind: 'Tenant', metadata: { name: 'storage', namespace }, spec: {} }
    const wait = (seconds: number) => allReady(run, [tenant], seconds, () => {})
    const isReady = () => wait(DEADLINE_SECONDS)
    await run(['apply', '-f', '-'], { input: documents([tenant]) })
    await expect(wait(2)).rejects.toThrow(NotReady)
    await status(run, tenant, { healthStatus: 'green' })
    await isReady()

    const uid = await run(['get', resourceOf(tenant), '--namespace', namespace, '-o', 'jsonpath={.metadata.uid}'])
    const owner: OwnerReference = {
      apiVersion,
      kind: 'Tenant',
      name: 'storage',
      uid,
      controller: true,
      blockOwnerDeletion: true,
    }
    const made = (replicas: number) => [pool('own', replicas, [owner]), pool('foreign', 1, [])]
    const pool = (name: string, replicas: number, ownerReferences: OwnerReference[]): KubernetesObject => {
      const labels = { app: name }
      const spec = { containers: [{ name: 'main', image: 'example.com/none:1' }] }
      return {
        apiVersion: 'apps/v1',
        kind: 'StatefulSet',
        metadata: { name, namespace, ownerReferences },
        spec: {
          replicas,
          serviceName: name,
          selector: { matchLabels: labels },
          template: { metadata: { labels }, spec },
        },
      }
    }
    // No pod runs here, so a StatefulSet with a replica is never rolled out, and one without is at once.
    await run(['apply', '-f', '-'], { input: documents(made(1)) })
    await expect(wait(2)).rejects.toThrow(NotReady)
    await run(['apply', '-f', '-'], { input: documents(made(0)) })
    await isReady()
  })
})

test('an object that cannot be waited for is named with the reason', async ({ run, namespace }) => {
  const gone = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'gone', namespace } }
  await expect(allReady(run, [gone], DEADLINE_SECONDS, () => {})).rejects.toThrow(
    new RegExp(`Deployment ${namespace}/gone: .*deployments.apps "gone" not found`),
  )
})

test('a failed Job ends the wait for all objects at once, with its reason', async ({ run, namespace }) => {
  const metadata = { name: 'prepare', namespace }
  const container = { name: 'main', image: 'example.com/none:1' }
  const job = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata,
    spec: { activeDeadlineSeconds: 1, template: { spec: { restartPolicy: 'Never', containers: [container] } } },
  }
  const labels = { app: 'waiting' }
  const deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'waiting', namespace },
    spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers: [container] } } },
  }
  const objects: KubernetesObject[] = [job, deployment]
  await run(['apply', '-f', '-'], { input: documents(objects) })
  const error = await allReady(run, objects, DEADLINE_SECONDS, () => {}).catch((error: unknown) => error)
  expect(error).toMatchObject({ name: 'NotReady' })
  expect(String(error)).toContain(`Job ${namespace}/prepare: it failed: DeadlineExceeded: `)
  expect(String(error)).not.toContain('abort')
})

/** Runs `work` while the cluster has a kind with this name, and any spec and status. */
async function withKind(run: Kubectl, kind: string, work: (apiVersion: string) => Promise<void>): Promise<void> {
  const group = `${uniqueName('ready')}.example.com`
  const plural = `${kind.toLowerCase()}s`
  const anything = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
  const schema = { openAPIV3Schema: { type: 'object', properties: { spec: anything, status: anything } } }
  const definition = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      names: { kind, plural },
      scope: 'Namespaced',
      versions: [{ name: 'v1', served: true, storage: true, subresources: { status: {} }, schema }],
    },
  }
  await run(['apply', '-f', '-'], { input: documents([definition]) })
  await established(run, [`crd/${plural}.${group}`], DEADLINE_SECONDS)
  try {
    await work(`${group}/v1`)
  } finally {
    await run(['delete', 'crd', `${plural}.${group}`, '--wait=false'])
  }
}

function status(run: Kubectl, object: KubernetesObject, says: object): Promise<string> {
  const flags = ['--subresource=status', '--type=merge', '--patch', JSON.stringify({ status: says })]
  return run(['patch', resourceOf(object), '--namespace', object.metadata.namespace ?? '', ...flags])
}
