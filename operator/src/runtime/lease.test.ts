import { eventually } from '@chat-app/testing'
import { afterEach, describe, expect, test } from 'vitest'
import { faultyServer, json, refuse, type FaultyServer } from '../testing/faulty-server.ts'
import { at } from './json.ts'
import { LeaderElection, type LeaseOptions } from './lease.ts'
import type { KubeObject } from './types.ts'

const cleanUps: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp()
})

/** An API server with one Lease, which fails on demand. */
async function leaseServer() {
  const state = {
    lease: undefined as KubeObject | undefined,
    version: 0,
    isBroken: false,
    hangs: false,
    bodies: [] as unknown[],
  }
  const server = await faultyServer((seen, response) => {
    if (state.hangs) return
    if (state.isBroken) return refuse(response, 500, 'InternalError')
    if (seen.method === 'GET') {
      return state.lease === undefined ? refuse(response, 404, 'NotFound') : json(response, 200, state.lease)
    }
    const sent = seen.body as KubeObject
    const current = state.lease?.metadata.resourceVersion
    if (sent.metadata.resourceVersion !== current) return refuse(response, 409, 'Conflict')
    state.version += 1
    state.lease = { ...sent, metadata: { ...sent.metadata, resourceVersion: String(state.version) } }
    state.bodies.push(sent['spec'])
    json(response, 200, state.lease)
  })
  cleanUps.push(() => server.close())
  return { server, state }
}

function candidate(server: FaultyServer, identity: string, options: Partial<LeaseOptions> = {}) {
  const election = new LeaderElection({
    client: server.client,
    namespace: 'ns',
    name: 'operator',
    identity,
    // A busy machine must not lose a lease that the test wants to keep.
    durationMs: 60_000,
    renewDeadlineMs: 50_000,
    retryMs: 20,
    ...options,
  })
  cleanUps.push(() => election.stop())
  election.start()
  return election
}

const holder = (lease: KubeObject | undefined) => at<string>(lease, 'spec', 'holderIdentity')

describe('an election', () => {
  test('is won by one candidate, who keeps renewing', async () => {
    const { server, state } = await leaseServer()
    const candidates = ['a', 'b', 'c'].map((name) => candidate(server, name))
    await eventually(() => expect(candidates.filter(({ isLeader }) => isLeader)).toHaveLength(1))
    const renewals = state.version
    await eventually(() => expect(state.version).toBeGreaterThan(renewals + 3))
    expect(candidates.filter(({ isLeader }) => isLeader)).toHaveLength(1)
  })

  test('writes times with six fractional digits', async () => {
    const { server, state } = await leaseServer()
    await candidate(server, 'a').elected
    expect(state.bodies[0]).toMatchObject({
      holderIdentity: 'a',
      leaseDurationSeconds: 60,
      leaseTransitions: 0,
      acquireTime: expect.stringMatching(/T\d\d:\d\d:\d\d\.\d{6}Z$/) as unknown,
      renewTime: expect.stringMatching(/\.\d{6}Z$/) as unknown,
    })
  })

  test('passes to another candidate when the leader releases it', async () => {
    const { server, state } = await leaseServer()
    const first = candidate(server, 'a')
    await first.elected
    const second = candidate(server, 'b')
    await first.stop()
    expect(holder(state.lease)).toBe('')
    await second.elected
    expect(state.lease?.['spec']).toMatchObject({ holderIdentity: 'b', leaseTransitions: 1 })
  })

  test('passes to another candidate when the leader has not renewed for its duration, and not before', async () => {
    const { server, state } = await leaseServer()
    const spec = { holderIdentity: 'dead', leaseDurationSeconds: 1, renewTime: '2020-01-01T00:00:00.000000Z' }
    const metadata = { name: 'operator', namespace: 'ns', resourceVersion: '0' }
    state.lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec }
    const startMs = performance.now()
    await candidate(server, 'b').elected
    // The renewTime is ignored, since the clocks of two machines may differ.
    expect(performance.now() - startMs).toBeGreaterThan(1000)
  })

  test('is lost when it cannot be renewed within the deadline', async () => {
    const { server, state } = await leaseServer()
    const election = candidate(server, 'a', { renewDeadlineMs: 200 })
    await election.elected
    state.isBroken = true
    expect(String(await election.lost)).toContain('lease ns/operator: not renewed for 200 ms')
    expect(election.isLeader).toBe(false)
  })

  test('is lost at the deadline also while a request has no answer', async () => {
    const { server, state } = await leaseServer()
    const election = candidate(server, 'a', { renewDeadlineMs: 2000, retryMs: 1400 })
    await election.elected
    const renewals = state.version
    state.hangs = true
    expect(String(await election.lost)).toContain('not renewed for 2000 ms')
    // The renewal was sent, and its own limit of 1400 ms has not passed.
    expect(server.requests.length).toBe(renewals + 2)
    expect(server.records.map(({ code }) => code)).not.toContain(0)
    state.hangs = false
  })

  test('is not released while something may still write', async () => {
    const { server, state } = await leaseServer()
    const election = candidate(server, 'a')
    await election.elected
    await election.stop({ release: false })
    expect(holder(state.lease)).toBe('a')
    expect(election.isLeader).toBe(false)
  })

  test('is kept through errors that are shorter than the deadline', async () => {
    const { server, state } = await leaseServer()
    const election = candidate(server, 'a')
    await election.elected
    state.isBroken = true
    await new Promise((resolve) => setTimeout(resolve, 80))
    state.isBroken = false
    const renewals = state.version
    await eventually(() => expect(state.version).toBeGreaterThan(renewals + 2))
    expect(election.isLeader).toBe(true)
  })

  test('is lost when another candidate holds the lease', async () => {
    const { server, state } = await leaseServer()
    const election = candidate(server, 'a')
    await election.elected
    const metadata = { ...state.lease!.metadata, resourceVersion: 'changed' }
    state.lease = { ...state.lease!, metadata, spec: { holderIdentity: 'thief', leaseDurationSeconds: 15 } }
    expect(String(await election.lost)).toContain('taken over by thief')
    await election.stop()
    expect(holder(state.lease)).toBe('thief')
  })

  test('is kept when the lease was only annotated', async () => {
    const { server, state } = await leaseServer()
    const election = candidate(server, 'a')
    await election.elected
    state.lease = { ...state.lease!, metadata: { ...state.lease!.metadata, resourceVersion: 'changed' } }
    await eventually(() => expect(state.lease?.metadata.resourceVersion).not.toBe('changed'))
    expect(election.isLeader).toBe(true)
  })
})
