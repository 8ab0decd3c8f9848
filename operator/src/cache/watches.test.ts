import { eventually } from '@chat-app/testing'
import { OPTIONAL_CHILDREN } from '@chat-app/chat/resources'
import { expect, test } from 'vitest'
import { faultyServer, json, refuse, type FaultyServer } from '../testing/faulty-server.ts'
import { Watches, type WatchesOptions } from './watches.ts'
import { World } from './world.ts'

test('a namespace that may not be read does not delay another, and is served as soon as it can be read', async () => {
  let isForbidden = true
  const server = await faultyServer(({ path, query }, response) => {
    if (query.has('watch')) return
    if (isForbidden && path.includes('/forbidden/')) return refuse(response, 403, 'Forbidden')
    json(response, 200, { metadata: { resourceVersion: '1' }, items: [] })
  })
  const synced: string[] = []
  const watches = watchesOf(server, {
    namespaces: ['forbidden', 'good'],
    onSynced: (namespace) => synced.push(namespace),
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
  const watches = watchesOf(server, { onError: (kind) => failed.push(kind) })
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

test('a kind that is refused later is named until it can be read again, and the namespace is still served', async () => {
  const streams: { end(): void }[] = []
  let isForbidden = false
  const server = await faultyServer(({ path, query }, response) => {
    if (isForbidden && path.endsWith('/pods')) return refuse(response, 403, 'Forbidden', 'pods is forbidden')
    if (!query.has('watch')) return json(response, 200, { metadata: { resourceVersion: '1' }, items: [] })
    response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders()
    if (path.endsWith('/pods')) streams.push(response)
  })
  const refusals: (string | undefined)[] = []
  const watches = watchesOf(server, { onRefusal: (namespace) => refusals.push(watches.refusalOf(namespace)) })
  try {
    await watches.start()
    await eventually(() => expect(streams).toHaveLength(1))
    isForbidden = true
    streams[0]?.end()
    await eventually(() => expect(refusals).toHaveLength(1))
    expect(refusals[0]).toContain('pods is forbidden')
    expect([watches.serves('ns'), watches.isSynced]).toEqual([true, true])
    isForbidden = false
    await eventually(() => expect(refusals).toHaveLength(2))
    expect(watches.refusalOf('ns')).toBeUndefined()
  } finally {
    await watches.stop()
    await server.close()
  }
})

test('an optional kind is watched while it is served; its objects are forgotten with it', async () => {
  const metadata = { name: 'chat-api', namespace: 'ns', uid: 'u', resourceVersion: '1' }
  let isGone = false
  const streams = { opened: 0, ended: 0 }
  const server = await faultyServer(({ path, query }, response) => {
    if (isGone && path.endsWith('/servicemonitors')) return void response.writeHead(404).end('404 page not found')
    const items = path.endsWith('/servicemonitors') ? [{ metadata }] : []
    if (!query.has('watch')) return json(response, 200, { metadata: { resourceVersion: '1' }, items })
    response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders()
    if (!path.endsWith('/servicemonitors')) return
    streams.opened += 1
    response.on('close', () => (streams.ended += 1))
  })
  const world = new World()
  const events: string[] = []
  const watches = watchesOf(server, {
    world,
    onGone: (kind) => events.push(`${kind} is gone`),
    onError: (kind) => events.push(`${kind} failed`),
  })
  const [monitors] = OPTIONAL_CHILDREN
  const kinds = new Map([['monitoring.coreos.com/ServiceMonitor', monitors!]])
  try {
    await watches.start()
    for (const round of [1, 2]) {
      isGone = false
      await watches.follow(kinds)
      expect(world.store('ServiceMonitor').size).toBe(1)
      await eventually(() => expect(streams.opened).toBe(round))
      isGone = true
      await watches.follow(new Map())
      expect(world.store('ServiceMonitor').size).toBe(0)
      await eventually(() => expect(streams.ended).toBe(round))
    }
    expect(events).toEqual([])
    await watches.follow(kinds)
    expect(events).toEqual(['ServiceMonitor is gone'])
  } finally {
    await watches.stop()
    await server.close()
  }
})

function watchesOf(server: FaultyServer, options: Partial<WatchesOptions>): Watches {
  return new Watches({
    client: server.client,
    namespaces: ['ns'],
    world: new World(),
    onChange: () => {},
    onError: () => {},
    onGone: () => {},
    onRefusal: () => {},
    onSynced: () => {},
    onWatch: () => {},
    ...options,
  })
}
