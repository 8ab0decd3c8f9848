import type { ServerResponse } from 'node:http'
import { PODS } from '@chat-app/chat/resources'
import { eventually } from '@chat-app/testing'
import { afterEach, describe, expect, test } from 'vitest'
import { Store } from '../cache/store.ts'
import { faultyServer, json, refuse, type FaultyServer, type Seen } from '../testing/faulty-server.ts'
import { Reflector, type ReflectorOptions } from './reflector.ts'
import type { KubeObject } from './types.ts'

/** The answers of an API server: each list and each watch gets the next entry, and all later ones the last entry. */
interface Script {
  readonly lists: ((response: ServerResponse, seen: Seen) => void)[]
  readonly watches: ((response: ServerResponse, seen: Seen) => void)[]
}

const cleanUps: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp()
})

async function reflect(script: Script, options: Partial<ReflectorOptions> = {}) {
  const taken = { lists: 0, watches: 0 }
  const server = await faultyServer((seen, response) => {
    const kind = seen.query.get('watch') === 'true' ? 'watches' : 'lists'
    const entries = script[kind]
    const entry = entries[Math.min(taken[kind], entries.length - 1)]!
    taken[kind] += 1
    entry(response, seen)
  })
  const changes: string[] = []
  const errors: unknown[] = []
  const store = new Store()
  const reflector = new Reflector({
    client: server.client,
    resource: PODS,
    namespace: 'ns',
    store,
    onChange: ({ type, object }) => changes.push(`${type} ${object.metadata.name} ${object.metadata.uid}`),
    onError: (error) => errors.push(error),
    backoffMs: { base: 5, max: 20 },
    ...options,
  })
  cleanUps.push(
    () => server.close(),
    () => reflector.stop(),
  )
  reflector.start()
  return { server, reflector, store, changes, errors, taken }
}

function pod(name: string, resourceVersion: string, uid = name): KubeObject {
  const metadata = { name, namespace: 'ns', uid, resourceVersion, managedFields: [{ manager: 'kubelet' }] }
  return { apiVersion: 'v1', kind: 'Pod', metadata }
}

function list(version: string, ...items: KubeObject[]) {
  return (response: ServerResponse) => json(response, 200, { metadata: { resourceVersion: version }, items })
}

/** A watch that sends these events and then stays open. */
function stream(...events: unknown[]) {
  return (response: ServerResponse) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.flushHeaders()
    for (const event of events) response.write(`${JSON.stringify(event)}\n`)
  }
}

/** A watch that sends these events and is then ended by the server, as after its timeout. */
function ended(...events: unknown[]) {
  return (response: ServerResponse) => {
    stream(...events)(response)
    response.end()
  }
}

/** A watch whose connection breaks in the middle of an event. */
function cut(...events: unknown[]) {
  return (response: ServerResponse) => {
    stream(...events)(response)
    response.write('{"type":"ADDED","obj')
    setTimeout(() => response.destroy(), 10)
  }
}

const event = (type: string, object: unknown) => ({ type, object })
const bookmark = (resourceVersion: string) => event('BOOKMARK', { metadata: { resourceVersion } })
const failure = (code: number, reason: string) => event('ERROR', { kind: 'Status', code, reason, message: reason })

function watchVersions(server: FaultyServer): (string | null)[] {
  return server.requests.filter(({ query }) => query.has('watch')).map(({ query }) => query.get('resourceVersion'))
}

describe('a reflector', () => {
  test('lists, watches from the version of the list, and removes managedFields', async () => {
    const { changes, store, server } = await reflect({
      lists: [list('5', pod('a', '3'))],
      watches: [
        stream(event('ADDED', pod('b', '6')), event('MODIFIED', pod('a', '7')), event('DELETED', pod('b', '8'))),
      ],
    })
    await eventually(() => expect(changes).toEqual(['added a a', 'added b b', 'modified a a', 'deleted b b']))
    expect(watchVersions(server)).toEqual(['5'])
    expect(store.get('ns', 'a')?.metadata).toEqual({ name: 'a', namespace: 'ns', uid: 'a', resourceVersion: '7' })
    expect(store.get('ns', 'a')?.kind).toBe('Pod')
  })

  test('reads a list page by page', async () => {
    const { reflector, store, server } = await reflect({
      lists: [
        (response) =>
          json(response, 200, { metadata: { resourceVersion: '5', continue: 'more' }, items: [pod('a', '1')] }),
        list('5', pod('b', '2')),
      ],
      watches: [stream()],
    })
    await reflector.synced
    expect(store.size).toBe(2)
    expect(server.requests[1]?.query.get('continue')).toBe('more')
  })

  test('requests bookmarks and continues from the last one when the server ends the watch', async () => {
    const { server } = await reflect({
      lists: [list('5')],
      watches: [ended(bookmark('40')), ended(bookmark('50')), stream()],
    })
    await eventually(() => expect(watchVersions(server)).toEqual(['5', '40', '50']))
    expect(server.requests.filter(({ query }) => !query.has('watch'))).toHaveLength(1)
    expect(server.requests.at(-1)?.query.get('allowWatchBookmarks')).toBe('true')
  })

  test.each([
    ['410 as the answer', (response: ServerResponse) => refuse(response, 410, 'Expired')],
    ['410 as an event', stream(failure(410, 'Expired'))],
    ['another ERROR event', stream(failure(500, 'InternalError'))],
  ])('lists again after %s, and reports what it missed', async (_name, broken) => {
    const { changes, store } = await reflect({
      lists: [list('5', pod('a', '1'), pod('b', '2')), list('90', pod('b', '80', 'b2'), pod('c', '81'))],
      watches: [broken, stream()],
    })
    await eventually(() => expect(changes.slice(2)).toEqual(['deleted a a', 'deleted b b', 'added b b2', 'added c c']))
    expect(store.all().map(({ metadata }) => metadata.name)).toEqual(['b', 'c'])
  })

  test('continues from the last version after a connection that broke in the middle of an event', async () => {
    const { server, changes } = await reflect({
      lists: [list('5')],
      watches: [cut(event('ADDED', pod('a', '9'))), stream(event('ADDED', pod('b', '10')))],
    })
    await eventually(() => expect(changes).toEqual(['added a a', 'added b b']))
    expect(watchVersions(server)).toEqual(['5', '9'])
  })

  test('repeats lists and watches after errors of the server', async () => {
    const { changes, errors } = await reflect({
      lists: [(response) => refuse(response, 500, 'InternalError'), (response) => response.destroy(), list('5')],
      watches: [(response) => refuse(response, 503, 'ServiceUnavailable'), stream(event('ADDED', pod('a', '6')))],
    })
    await eventually(() => expect(changes).toEqual(['added a a']))
    expect(errors).toHaveLength(3)
  })

  test('does not open watches in a tight loop when each is closed at once', async () => {
    const { taken, reflector } = await reflect(
      { lists: [list('5')], watches: [ended()] },
      { backoffMs: { base: 40, max: 40 } },
    )
    await eventually(() => expect(taken.watches).toBeGreaterThan(2))
    const before = taken.watches
    await new Promise((resolve) => setTimeout(resolve, 200))
    await reflector.stop()
    expect(taken.watches - before).toBeLessThan(15)
  })

  test('waits as long as the server requests', async () => {
    const delays: number[] = []
    await reflect(
      {
        lists: [(response) => json(response, 429, { kind: 'Status', code: 429 }, { 'retry-after': '7' })],
        watches: [stream()],
      },
      { onError: (_error, retryInMs) => delays.push(retryInMs) },
    )
    await eventually(() => expect(delays).toEqual([7000]))
  })

  test('opens another watch when nothing arrives on the first', async () => {
    const { taken, changes } = await reflect(
      { lists: [list('5')], watches: [stream(), stream(event('ADDED', pod('a', '6')))] },
      { stalledAfterMs: 50 },
    )
    await eventually(() => expect(changes).toEqual(['added a a']))
    expect(taken.lists).toBe(1)
  })

  test('continues when a handler throws', async () => {
    const seen: string[] = []
    const { errors, store } = await reflect(
      { lists: [list('5', pod('a', '1'), pod('b', '2'))], watches: [stream(event('ADDED', pod('c', '6')))] },
      {
        onChange: ({ object }) => {
          seen.push(object.metadata.name)
          throw new Error('an error in a handler')
        },
      },
    )
    await eventually(() => expect(seen).toEqual(['a', 'b', 'c']))
    expect(store.size).toBe(3)
    expect(errors).toHaveLength(3)
  })

  test('opens another watch after a line that is too long', async () => {
    const huge = (response: ServerResponse) => {
      response.writeHead(200)
      response.write(`{"type":"ADDED","object":"${'x'.repeat(9 * 1024 * 1024)}`)
    }
    const { changes } = await reflect({
      lists: [list('5')],
      watches: [huge, stream(event('ADDED', pod('a', '6')))],
    })
    await eventually(() => expect(changes).toEqual(['added a a']))
  })

  test('sends and reports nothing after stop, which may be called twice', async () => {
    const { reflector, server, changes } = await reflect({ lists: [list('5')], watches: [stream()] })
    await eventually(() => expect(watchVersions(server)).toEqual(['5']))
    await reflector.stop()
    await reflector.stop()
    reflector.start()
    const count = server.requests.length
    await new Promise((resolve) => setTimeout(resolve, 60))
    expect(server.requests).toHaveLength(count)
    expect(changes).toEqual([])
  })

  test('stops while it waits for its next attempt', async () => {
    const { reflector, errors, server } = await reflect(
      { lists: [(response) => refuse(response, 500, 'InternalError')], watches: [stream()] },
      { backoffMs: { base: 60_000, max: 60_000 } },
    )
    await eventually(() => expect(errors).toHaveLength(1))
    await reflector.stop()
    expect(server.requests).toHaveLength(1)
    expect(reflector.isSynced).toBe(false)
    await expect(reflector.synced).rejects.toThrow('stopped before its first list')
  })
})
