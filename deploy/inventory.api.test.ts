import { expect } from 'vitest'
import type { KubernetesObject } from '../charts/src/index.ts'
import { test } from '../test/support/api.ts'
import { noteApplied } from './inventory.ts'
import { documents } from './names.ts'

test('what left the bundle is named for as long as it is there, and nothing is deleted', async ({ run, namespace }) => {
  const settings = (name: string): KubernetesObject => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace },
    data: {},
  })
  const [kept, left] = [settings('kept'), settings('left')]
  await run(['apply', '-f', '-'], { input: documents([kept, left]) })
  expect(await noteApplied(run, namespace, [kept, left])).toEqual([])

  const entry = `${namespace}/ConfigMap/left`
  expect(await noteApplied(run, namespace, [kept])).toEqual([entry])
  expect(await noteApplied(run, namespace, [kept])).toEqual([entry])

  await run(['--namespace', namespace, 'delete', 'configmap', 'left'])
  expect(await noteApplied(run, namespace, [kept])).toEqual([])
})
