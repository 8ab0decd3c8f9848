import { afterEach, expect, test } from 'vitest'
import { faultyServer, json, refuse, type FaultyServer } from '../testing/faulty-server.ts'
import { Discovery } from './discovery.ts'

let server: FaultyServer
afterEach(() => server.close())

const groups = {
  items: [
    {
      metadata: { name: 'autoscaling' },
      versions: [
        {
          version: 'v2',
          resources: [{ resource: 'horizontalpodautoscalers', responseKind: { kind: 'HorizontalPodAutoscaler' } }],
        },
        {
          version: 'v1',
          resources: [{ resource: 'horizontalpodautoscalers', responseKind: { kind: 'HorizontalPodAutoscaler' } }],
        },
      ],
    },
    { metadata: { name: 'empty' } },
  ],
}

test('returns each kind in its preferred version, with one request', async () => {
  server = await faultyServer((_seen, response) => json(response, 200, groups))
  const discovery = new Discovery(server.client)
  const [kinds] = await Promise.all([discovery.kinds(), discovery.kinds()])
  expect([...kinds]).toEqual([
    [
      'autoscaling/HorizontalPodAutoscaler',
      { group: 'autoscaling', version: 'v2', kind: 'HorizontalPodAutoscaler', plural: 'horizontalpodautoscalers' },
    ],
  ])
  expect(server.requests).toHaveLength(1)
  expect(server.requests[0]?.headers.accept).toContain('APIGroupDiscoveryList')
})

test('a failure is not cached', async () => {
  let isBroken = true
  server = await faultyServer((_seen, response) =>
    isBroken ? refuse(response, 500, 'InternalError') : json(response, 200, groups),
  )
  const discovery = new Discovery(server.client)
  await expect(discovery.kinds()).rejects.toMatchObject({ status: 500 })
  isBroken = false
  expect((await discovery.kinds()).size).toBe(1)
})
