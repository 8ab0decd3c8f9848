import {
  CHAT_APPS,
  CONTROLLER_REVISIONS,
  DEPLOYMENTS,
  EVENTS,
  JOBS,
  PODS,
  type Resource,
} from '@chat-app/chat/resources'
import type { ChatAppStatus } from '@chat-app/crds'
import { must } from '@chat-app/testing'
import { describe, expect } from 'vitest'
import { componentOf } from '../src/observe/pods.ts'
import { at } from '../src/runtime/json.ts'
import type { KubeObject } from '../src/runtime/types.ts'
import { eventually, readyChat, test, type Chat } from '../src/testing/chat.ts'
import { exited, healthy, isBefore, PROVEN, ready } from '../src/testing/kubelet.ts'

const QUOTAS: Resource = { group: '', version: 'v1', kind: 'ResourceQuota', plural: 'resourcequotas' }
const LOST = { ...PROVEN, verdict: 'Failed', message: 'message 17 of user 1 did not arrive', lost: 3 }
const UNSURE = { ...PROVEN, verdict: 'Inconclusive', message: 'the former pods lost messages too' }

type Behaviour = (pod: KubeObject) => object | undefined

/** Pods of the first or the second part of a proof behave as given, all others are healthy. */
function part(which: 'before' | 'during', behaviour: Behaviour): Behaviour {
  return (pod) =>
    componentOf(pod) === 'prove' && isBefore(pod) === (which === 'before') ? behaviour(pod) : healthy(pod)
}

async function proofs(chat: Chat, which: 'before' | 'during' | '' = ''): Promise<KubeObject[]> {
  return (await chat.list(JOBS)).filter(({ metadata }) => metadata.name.startsWith(`chat-prove-${which}`))
}

async function begun(chat: Chat, which: 'before' | 'during'): Promise<KubeObject> {
  return eventually(async () => must((await proofs(chat, which))[0], `the Job of ${which}`))
}

/** All that a write of a Deployment can change. */
async function deployments(chat: Chat): Promise<unknown[]> {
  const all = await chat.list(DEPLOYMENTS)
  return all.map(({ metadata: { uid, generation, labels, annotations } }) => ({ uid, generation, labels, annotations }))
}

async function images(chat: Chat): Promise<unknown[]> {
  const all = await chat.list(DEPLOYMENTS)
  return all.map((each) => at<string>(each, 'spec', 'template', 'spec', 'containers', 0, 'image')?.split(':').at(-1))
}

function isNew(pod: KubeObject): boolean {
  return at(pod, 'metadata', 'labels', 'app.kubernetes.io/version') === '2.0.0'
}

async function events(chat: Chat, reason: string): Promise<string[]> {
  const all = await chat.list(EVENTS)
  return all.filter((event) => event['reason'] === reason).map((event) => String(event['note']))
}

async function rollout(chat: Chat, expected: Partial<NonNullable<ChatAppStatus['lastRollout']>>): Promise<void> {
  await eventually(async () => expect((await chat.status()).lastRollout).toMatchObject(expected))
}

async function upgraded(chat: Chat, behaviour: Behaviour, budget: object = {}): Promise<void> {
  await readyChat(chat)
  chat.kubelet.behave(behaviour)
  await chat.chatApp({ version: '2.0.0', rollout: { budget } })
}

async function noProofIsLeft(chat: Chat): Promise<void> {
  await eventually(async () => {
    const pods = (await chat.list(PODS)).filter((pod) => componentOf(pod) === 'prove')
    expect([...(await proofs(chat)), ...pods].map(({ metadata }) => metadata.name)).toEqual([])
  })
}

describe.concurrent('the proof of a rollout', () => {
  test('does not run at creation; then it precedes every write of a Deployment, and ends with the roll', async ({
    chat,
  }) => {
    // The first version of each object that shows something, by which the API server orders all objects.
    const shown = new Map<string, number>()
    const show = (what: string, { metadata: { resourceVersion } }: KubeObject) =>
      shown.set(what, shown.get(what) ?? Number(resourceVersion))
    await chat.follow(PODS, (pod) => {
      if (componentOf(pod) !== 'prove') return
      show(`${isBefore(pod) ? 'before' : 'during'} ${at<string>(pod, 'status', 'phase')}`, pod)
    })
    await chat.follow(DEPLOYMENTS, (object) => {
      if (at(object, 'metadata', 'labels', 'app.kubernetes.io/version') === '2.0.0') show('rollout', object)
    })
    await readyChat(chat)
    expect([...shown.keys()]).toEqual([])
    expect((await chat.status()).lastRollout).toBeUndefined()

    chat.kubelet.behave(part('before', () => undefined))
    await chat.chatApp({ version: '2.0.0' })
    await begun(chat, 'before')
    await eventually(async () =>
      expect((await chat.condition('Ready'))?.message).toContain('wait for the proof: Job chat-prove-before-'),
    )
    await rollout(chat, { revision: 2, version: '2.0.0', proof: 'Running' })
    chat.kubelet.behave(healthy)
    await chat.reason('Ready')
    await rollout(chat, { proof: 'Passed' })
    const order = [...shown].toSorted(([, first], [, second]) => first - second).map(([what]) => what)
    expect(order.filter((what) => !what.startsWith('during'))).toEqual([
      'before Pending',
      'before Succeeded',
      'rollout',
    ])
    expect(order.indexOf('during Pending')).toBeGreaterThan(order.indexOf('before Succeeded'))
    expect(order.at(-1)).toBe('during Succeeded')
    await rollout(chat, { proof: 'Passed', sent: 10_000, lost: 0, longestGapMilliseconds: 41, reconnects: [0, 2] })
    expect((await chat.status()).lastRollout?.finishedAt).toBeDefined()
    await eventually(async () => expect((await events(chat, 'ProofPassed'))[0]).toContain('10000 sent, 0 lost'))
    await noProofIsLeft(chat)
  })

  test('that loses messages before the roll: the release goes back, and no Deployment was touched', async ({
    chat,
  }) => {
    await readyChat(chat)
    const before = await deployments(chat)
    chat.kubelet.behave(part('before', (pod) => exited(pod, 65, LOST)))
    await chat.chatApp({ version: '2.0.0' })
    const { message } = await chat.reason('RolledBack')
    expect(message).toBe(
      'release 2 (2.0.0) failed: MessagesLost: message 17 of user 1 did not arrive; release 1 (1.0.0) runs again',
    )
    expect(await deployments(chat)).toEqual(before)
    await rollout(chat, { proof: 'Failed', lost: 3, message: LOST.message })
    await eventually(async () => expect((await events(chat, 'MessagesLost'))[0]).toContain('3 lost'))
    await noProofIsLeft(chat)
    chat.kubelet.behave(healthy)
    await chat.edit(CHAT_APPS, 'chat', { metadata: { annotations: { 'chat-app.com/retry': '1' } } })
    await chat.reason('Ready')
    await rollout(chat, { revision: 2, proof: 'Passed', lost: 0 })
  })

  test('that loses messages during the roll: both services go back', async ({ chat }) => {
    const loses: Behaviour = (pod) => {
      const isRolled = at(pod, 'metadata', 'deletionTimestamp') !== undefined
      return isRolled ? exited(pod, 65, LOST) : ready(pod)
    }
    await upgraded(chat, part('during', loses))
    expect((await chat.reason('RolledBack')).message).toContain('MessagesLost')
    await eventually(async () => expect(await images(chat)).toEqual(['1.0.0', '1.0.0']))
    await rollout(chat, { proof: 'Failed', sent: 10_000, lost: 3 })
    await noProofIsLeft(chat)
  })

  test('that a pod of another release has spoilt during the roll is repeated, and the release stays', async ({
    chat,
  }) => {
    let first: string | undefined
    const spoilt: Behaviour = (pod) => {
      first ??= pod.metadata.name
      if (pod.metadata.name !== first) return healthy(pod)
      return exited(pod, 65, { ...LOST, processes: ['chat-websocket-former'] })
    }
    await upgraded(chat, part('during', spoilt))
    await chat.reason('Ready')
    await rollout(chat, { version: '2.0.0', proof: 'Passed', lost: 0 })
    expect(await images(chat)).toEqual(['2.0.0', '2.0.0'])
    expect(await events(chat, 'MessagesLost')).toEqual([])
  })

  test('that says nothing of the release is repeated, and the condition says why; a disabled one does not run', async ({
    chat,
  }) => {
    await upgraded(
      chat,
      part('before', (pod) => exited(pod, 75, UNSURE)),
    )
    await eventually(async () =>
      expect((await chat.condition('Ready'))?.message).toContain('it is repeated: the former pods lost messages too'),
    )
    await eventually(async () =>
      expect((await chat.list(PODS)).filter((pod) => componentOf(pod) === 'prove').length).toBeGreaterThan(1),
    )
    expect(await images(chat)).toEqual(['1.0.0', '1.0.0'])
    chat.kubelet.behave(healthy)
    await chat.reason('Ready')
    await rollout(chat, { proof: 'Passed' })

    const seen = new Set((await proofs(chat)).map(({ metadata }) => metadata.uid))
    await chat.follow(JOBS, ({ metadata: { name, uid } }) => {
      if (name.startsWith('chat-prove-')) seen.add(uid)
    })
    const known = seen.size
    await chat.chatApp({ version: '3.0.0', rollout: { proof: 'Disabled' } })
    await rollout(chat, { revision: 3, proof: 'Disabled' })
    await chat.reason('Ready')
    expect(seen.size).toBe(known)
  })

  test('whose pod is refused is skipped, or holds the rollout until there is room', async ({ chat }) => {
    await readyChat(chat)
    const body = {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'compute' },
      spec: { hard: { 'requests.memory': '8Gi', 'limits.memory': '8Gi', 'requests.cpu': '4', 'limits.cpu': '2100m' } },
    }
    const path = `/api/v1/namespaces/${chat.namespace}/resourcequotas`
    await chat.client.request({ method: 'POST', path, body })
    await eventually(async () => at(await chat.get(QUOTAS, 'compute'), 'status', 'used') !== undefined)
    await chat.chatApp({ version: '2.0.0', rollout: { budget: { onSkipped: 'Hold' } } })
    expect((await chat.reason('ProofSkipped')).message).toMatch(
      /the proof: Job chat-prove-before-.*exceeded quota: compute.*onSkipped is Hold/,
    )
    expect(await images(chat)).toEqual(['1.0.0', '1.0.0'])
    await chat.chatApp({ version: '2.0.0', rollout: { budget: { onSkipped: 'Continue' } } })
    await rollout(chat, { proof: 'Skipped' })
    expect((await chat.status()).lastRollout?.message).toContain('exceeded quota')
    await eventually(async () =>
      expect(await events(chat, 'ProofSkipped')).toContainEqual(
        expect.stringMatching(/^rollout 2 \(2\.0\.0\): its pod is refused: .*quota/),
      ),
    )
    await chat.client.request({ method: 'DELETE', path: `${path}/compute` })
    await chat.reason('Ready')
    expect(await images(chat)).toEqual(['2.0.0', '2.0.0'])
  })

  test('of which a new process crashes three times: the release goes back; one whose image has no proof is skipped', async ({
    chat,
  }) => {
    const crashed: Behaviour = (pod) => {
      const lastState = { terminated: { exitCode: 1, message: 'Error: cannot find module' } }
      const state = { waiting: { reason: 'CrashLoopBackOff' } }
      const api = { name: 'api', image: '', imageID: '', ready: false, restartCount: 3, state, lastState }
      return { ...ready(pod), phase: 'Pending', conditions: [], initContainerStatuses: [api] }
    }
    await upgraded(chat, part('before', crashed))
    expect((await chat.reason('RolledBack')).message).toMatch(
      /failed: PodCrashing: pod chat-prove-before-\S+, container api ended with code 1 .*cannot find module/,
    )
    expect(await images(chat)).toEqual(['1.0.0', '1.0.0'])
    await noProofIsLeft(chat)

    chat.kubelet.behave(part('before', (pod) => exited(pod, 2, { usage: 'main.js api|websocket' })))
    await chat.chatApp({ version: '3.0.0' })
    await rollout(chat, { revision: 3, proof: 'Skipped', message: 'the image of the release cannot prove it' })
    await chat.reason('Ready')
    expect(await images(chat)).toEqual(['3.0.0', '3.0.0'])
  })

  test('whose result nobody has seen runs again', async ({ chat }) => {
    const operator = await readyChat(chat)
    const runs = new Set<string>()
    await chat.follow(JOBS, ({ metadata: { name, uid } }) => {
      if (name.startsWith('chat-prove-during-')) runs.add(`${name} ${uid}`)
    })
    chat.kubelet.behave((pod) => (isNew(pod) && componentOf(pod) === 'websocket' ? undefined : healthy(pod)))
    await chat.chatApp({ version: '2.0.0' })
    const job = await begun(chat, 'during')
    await operator.stop()
    await chat.client.delete(job)
    await noProofIsLeft(chat)
    chat.kubelet.behave(healthy)
    await chat.operator()
    await chat.reason('Ready')
    await rollout(chat, { proof: 'Passed', sent: 10_000 })
    expect([...runs].map((run) => run.split(' ')[0])).toEqual([job.metadata.name, job.metadata.name])
  })

  test('of a release that is taken back meanwhile ends, and nothing of it is left', async ({ chat }) => {
    await upgraded(
      chat,
      part('before', () => undefined),
    )
    await begun(chat, 'before')
    await chat.chatApp({ version: '1.0.0' })
    await chat.reason('Ready')
    expect(await images(chat)).toEqual(['1.0.0', '1.0.0'])
    await noProofIsLeft(chat)
    expect(await chat.list(CONTROLLER_REVISIONS)).toHaveLength(2)
  })
})
