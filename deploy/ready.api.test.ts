import { expect } from 'vitest'
import type { KubernetesObject } from '../charts/src/index.ts'
import { test } from '../test/support/api.ts'
import { uniqueName } from '../test/support/unique-name.ts'
import { documents, resourceOf } from './names.ts'
import { allReady, NotReady } from './ready.ts'

test('what a part said of itself before it was changed does not count', async ({ run, namespace }) => {
  const group = `${uniqueName('ready')}.example.com`
  const definition = kibanas(group)
  await run(['apply', '-f', '-'], { input: documents([definition]) })
  await run(['wait', '--for=condition=Established', `crd/kibanas.${group}`, '--timeout=30s'])
  try {
    const metadata = { name: 'logs', namespace }
    const object = (count: number): KubernetesObject => ({
      apiVersion: `${group}/v1`,
      kind: 'Kibana',
      metadata,
      spec: { count },
    })
    const apply = (count: number) => run(['apply', '-f', '-'], { input: documents([object(count)]) })
    const says = (observedGeneration: number) => {
      const patch = JSON.stringify({ status: { health: 'green', observedGeneration } })
      const flags = ['--namespace', namespace, '--subresource=status', '--type=merge', '--patch', patch]
      return run(['patch', resourceOf(object(1)), ...flags])
    }
    const wait = (seconds: number) => allReady(run, [object(1)], seconds, () => {})

    await apply(1)
    await says(1)
    await wait(20)
    await apply(2)
    await expect(wait(2)).rejects.toThrow(NotReady)
    await says(2)
    await wait(20)
  } finally {
    await run(['delete', 'crd', `kibanas.${group}`, '--wait=false'])
  }
})

test('what cannot be waited for is said with its reason', async ({ run, namespace }) => {
  const gone = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'gone', namespace } }
  await expect(allReady(run, [gone], 30, () => {})).rejects.toThrow(
    new RegExp(`Deployment ${namespace}/gone: .*deployments.apps "gone" not found`),
  )
})

test('a Job that failed ends the wait for everything at once, with its reason', async ({ run, namespace }) => {
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
  const error = await allReady(run, objects, 600, () => {}).catch((error: unknown) => error)
  expect(error).toMatchObject({ name: 'NotReady' })
  expect(String(error)).toContain(`Job ${namespace}/prepare: it failed: DeadlineExceeded: `)
  expect(String(error)).not.toContain('abort')
})

/** A kind of the same name as ECK's, with any spec and status. */
function kibanas(group: string): KubernetesObject {
  const anything = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
  const schema = { openAPIV3Schema: { type: 'object', properties: { spec: anything, status: anything } } }
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `kibanas.${group}` },
    spec: {
      group,
      names: { kind: 'Kibana', plural: 'kibanas' },
      scope: 'Namespaced',
      versions: [{ name: 'v1', served: true, storage: true, subresources: { status: {} }, schema }],
    },
  }
}
