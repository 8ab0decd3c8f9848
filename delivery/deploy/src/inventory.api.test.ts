import { expect } from 'vitest'
import type { KubernetesObject } from '@chat-app/chat'
import { test } from '@chat-app/sandbox-cluster/testing'
import { noteApplied } from './inventory.ts'
import { documents } from './names.ts'

test('an object that left the bundle is named as long as it exists, and is not deleted', async ({ run, namespace }) => {
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

  const silent: typeof run = (args, options) =>
    run(args.includes('ConfigMap/left') ? [...args, '--server', 'https://127.0.0.1:1'] : args, options)
  await expect(noteApplied(silent, namespace, [kept])).rejects.toThrow('127.0.0.1:1')
  expect(await noteApplied(run, namespace, [kept])).toEqual([entry])

  await run(['--namespace', namespace, 'delete', 'configmap', 'left'])
  expect(await noteApplied(run, namespace, [kept])).toEqual([])
})

test('an object of a kind that the cluster no longer serves counts as gone', async ({ run, namespace }) => {
  const metadata = { name: 'old', namespace }
  await noteApplied(run, namespace, [{ apiVersion: 'gone.example.com/v1', kind: 'Gone', metadata }])
  expect(await noteApplied(run, namespace, [])).toEqual([])
})
