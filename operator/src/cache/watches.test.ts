import { eventually } from '@chat-app/testing'
import { expect, test } from 'vitest'
import { faultyServer, json, refuse } from '../testing/faulty-server.ts'
import { Watches } from './watches.ts'
import { World } from './world.ts'

test('a namespace that may not be read does not delay another, and is served as soon as it can be read', async () => {
  let isForbidden = true
  const server = await faultyServer(({ path, query }, response) => {
    if (query.has('watch')) return
    if (isForbidden && path.includes('/forbidden/')) return refuse(response, 403, 'Forbidden')
    json(response, 200, { metadata: { resourceVersion: '1' }, items: [] })
  })
  const synced: string[] = []
  const watches = new Watches({
    client: server.client,
    namespaces: ['forbidden', 'good'],
    world: new World(),
    onChange: () => {},
    onError: () => {},
    onSynced: (namespace) => synced.push(namespace),
    onWatch: () => {},
  })
  try {
    await watches.start()
    expect(synced).toEqual(['good'])
    expect([watches.serves('good'), watches.serves('forbidden'), watches.isSynced]).toEqual([true, false, true])
    isForbidden = false
    await eventually(() => expect(synced).toEqual(['good', 'forbidden']))
    expect(watches.serves('forbidden')).toBe(true)
  } finally {
    await watches.stop()
    await server.close()
  }
})

test('Events that may not be read delay nothing: they only say why pods are refused', async () => {
  const asked: string[] = []
  const server = await faultyServer(({ path, query }, response) => {
    if (path.includes('events.k8s.io')) {
      asked.push(query.get('fieldSelector') ?? '')
      return refuse(response, 403, 'Forbidden')
    }
    if (!query.has('watch')) json(response, 200, { metadata: { resourceVersion: '1' }, items: [] })
  })
  const failed: string[] = []
  const watches = new Watches({
    client: server.client,
    namespaces: ['ns'],
    world: new World(),
    onChange: () => {},
    onError: (kind) => failed.push(kind),
    onSynced: () => {},
    onWatch: () => {},
  })
  try {
    await watches.start()
    expect(watches.serves('ns')).toBe(true)
    await eventually(() => expect(failed).toContain('Event'))
    expect(new Set(failed)).toEqual(new Set(['Event']))
    expect(asked[0]).toBe('reason=FailedCreate')
  } finally {
    await watches.stop()
    await server.close()
  }
})
