import { expect, test, vi } from 'vitest'
import { faultyServer, json, refuse } from '../testing/faulty-server.ts'
import { Watches } from './watches.ts'
import { World } from './world.ts'

test('a namespace that may not be read does not hold up another, and joins when it can be read', async () => {
  let isLost = true
  const server = await faultyServer(({ path, query }, response) => {
    if (query.has('watch')) return
    if (isLost && path.includes('/lost/')) return refuse(response, 403, 'Forbidden')
    json(response, 200, { metadata: { resourceVersion: '1' }, items: [] })
  })
  const synced: string[] = []
  const watches = new Watches({
    client: server.client,
    namespaces: ['lost', 'good'],
    world: new World(),
    onChange: () => {},
    onError: () => {},
    onSynced: (namespace) => synced.push(namespace),
    onWatch: () => {},
  })
  try {
    await watches.start()
    expect(synced).toEqual(['good'])
    expect([watches.serves('good'), watches.serves('lost'), watches.isSynced]).toEqual([true, false, true])
    isLost = false
    await vi.waitFor(() => expect(synced).toEqual(['good', 'lost']), { timeout: 4000 })
    expect(watches.serves('lost')).toBe(true)
  } finally {
    await watches.stop()
    await server.close()
  }
})
