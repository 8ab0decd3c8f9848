import { expect } from 'vitest'
import type { KubernetesObject } from '@chat-app/chat'
import { test } from '@chat-app/sandbox-cluster/testing'
import { assertKindsServed, couldExist, look } from './preflight.ts'

const object = (apiVersion: string, kind: string, namespace?: string): KubernetesObject => ({
  apiVersion,
  kind,
  metadata: { name: 'x', ...(namespace !== undefined && { namespace }) },
})

test('a kind that the cluster does not serve is named, even when it serves others of that version', async ({ run }) => {
  const served = [
    object('v1', 'Secret'),
    object('apps/v1', 'Deployment'),
    object('autoscaling/v1', 'HorizontalPodAutoscaler'),
  ]
  const missing = [object('apps/v1', 'Scale'), object('apps/v1beta9', 'Deployment'), object('x.example.com/v1', 'X')]
  const found = await look(run, [...served, ...missing])
  expect(() => assertKindsServed(found, served)).not.toThrow()
  expect(() => assertKindsServed(found, [...served, ...missing])).toThrow(
    'The cluster does not serve Scale (apps/v1), Deployment (apps/v1beta9), X (x.example.com/v1). Install',
  )
})

test('an object may exist when its namespace and its kind do', async ({ run, namespace }) => {
  const there = object('v1', 'Secret', namespace)
  const absent = [object('v1', 'Secret', `${namespace}-none`), object('x.example.com/v1', 'X', namespace)]
  const found = await look(run, [there, ...absent])
  expect([there, ...absent].map((each) => couldExist(found, each))).toEqual([true, false, false])
})
