import { canonical } from '@chat-app/chat'
import { CHAT_APPS, CHILDREN, CONTROLLER_REVISIONS, DEPLOYMENTS, pathOf } from '@chat-app/chat/resources'
import { crd } from '@chat-app/crds'
import { eventually, test, type Chat } from '@chat-app/operator/testing'
import { randomOf, seedOf } from '@chat-app/testing'
import { expect } from 'vitest'
import type { KubeObject, StoredChatApp } from '../src/cluster/objects.ts'
import type { Plan } from '../src/commands/plan/plan.ts'
import { predict } from '../src/commands/plan/predict.ts'
import { drawnChange, DRAWN, NOT_DRAWN } from '../src/testing/changes.ts'

const NAMES = ['one', 'two', 'three']
const CHANGES_EACH = 10
const seed = seedOf('PLAN_SEED')

test(`a plan names the pod templates that the operator then writes, in its order, for 30 random changes (PLAN_SEED=${seed})`, async ({
  chat,
}) => {
  await chat.secrets()
  await chat.secret('authorities', { one: 'first authority', two: 'second authority' })
  await chat.secret('other', {
    database: 'mysql://chat:pw@other:3306/chat',
    redis: 'redis://:pw@other:6379',
    signing: 'fedcba9876543210fedcba9876543210',
    former: 'former-fedcba9876543210fedcba9876543210',
  })
  await chat.operator()
  const written = await templatesWritten(chat)
  await Promise.all(NAMES.map((name, index) => changeOften(chat, name, randomOf(seed + index), written)))
})

async function changeOften(chat: Chat, name: string, random: () => number, written: Written): Promise<void> {
  await chat.chatApp({ websocket: { replicas: 1 }, rollout: { proof: 'Disabled' } }, name)
  await settled(chat, name)
  for (let change = 1; change <= CHANGES_EACH; change++) {
    const before = await stored(chat, name)
    const patch = drawnChange(random, before.spec)
    const plan = predict(await inputFor(chat, before, patch))
    written.forget(name)
    await chat.edit(CHAT_APPS, name, patch)
    await settled(chat, name)
    const told = plan.services.filter(({ why }) => why.length > 0).map(({ deployment }) => deployment)
    const what = `change ${change} of ${name}: ${JSON.stringify(patch)}, planned: ${JSON.stringify(plan.services)}`
    expect({ what, templates: written.of(name) }).toEqual({ what, templates: told })
    expect({ what, ...(await result(chat, name)) }).toEqual({ what, ...planned(plan, before) })
  }
}

/** The names of Deployments whose template has changed, in the order in which it did. */
interface Written {
  of(chatApp: string): readonly string[]
  forget(chatApp: string): void
}

async function templatesWritten(chat: Chat): Promise<Written> {
  const templates = new Map<string, string>()
  let changed: string[] = []
  const isOf = (chatApp: string) => (deployment: string) => deployment.startsWith(`${chatApp}-`)
  await chat.follow(DEPLOYMENTS, ({ metadata: { name, uid }, ...object }) => {
    const key = `${name} ${uid}`
    const template = canonical((object['spec'] as { template: object }).template)
    if (templates.has(key) && templates.get(key) !== template) changed.push(name)
    templates.set(key, template)
  })
  return {
    of: (chatApp) => changed.filter(isOf(chatApp)),
    forget: (chatApp) => void (changed = changed.filter((deployment) => !isOf(chatApp)(deployment))),
  }
}

/** The pods that are wanted, and the release that runs. */
async function result(chat: Chat, name: string): Promise<object> {
  const { revision } = await chat.status(name)
  return { revision }
}

/** While paused or refused nothing changes. */
function planned({ release, held, refusal }: Plan, before: StoredChatApp): object {
  return { revision: (held ?? refusal ?? '') ? before.status?.revision : release.number }
}

async function settled(chat: Chat, name: string): Promise<void> {
  await eventually(async () => {
    const { metadata, spec, status } = await stored(chat, name)
    const ready = status?.conditions?.find(({ type }) => type === 'Ready')
    const isSettled = ready?.status === 'True' || ['Paused', 'Hibernated'].includes(ready?.reason ?? '')
    if (!isSettled || ready?.observedGeneration !== metadata.generation)
      throw new Error(`${name} is ${JSON.stringify(ready)} with ${JSON.stringify(spec)}`)
  })
}

async function stored(chat: Chat, name: string): Promise<StoredChatApp> {
  return (await chat.get(CHAT_APPS, name)) as unknown as StoredChatApp
}

async function inputFor(chat: Chat, before: StoredChatApp, patch: object): Promise<Parameters<typeof predict>[0]> {
  const { name } = before.metadata
  const after = await chat.client.request<StoredChatApp>({
    method: 'PATCH',
    path: pathOf(CHAT_APPS, chat.namespace, name),
    query: { dryRun: 'All' },
    contentType: 'application/merge-patch+json',
    body: patch,
  })
  const listed = await Promise.all([...CHILDREN, CONTROLLER_REVISIONS].map((kind) => chat.list(kind)))
  const objects = listed
    .flat()
    .filter(({ metadata }) => metadata.labels?.['app.kubernetes.io/instance'] === name) as unknown as KubeObject[]
  const owned = { objects, unread: [], absentKinds: [] }
  return { before, after, owned, operator: before.status?.operator?.version ?? '', now: new Date() }
}

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>
}

test('every field of the schema is drawn, or has a reason why not', () => {
  const { properties } = crd().spec.versions[0]!.schema.openAPIV3Schema as Schema
  const paths = Object.keys({ ...DRAWN, ...NOT_DRAWN })
  const isCovered = (leaf: string) => paths.some((path) => leaf === path || leaf.startsWith(`${path}.`))
  expect(leavesOf(properties?.['spec'] ?? {}).filter((leaf) => !isCovered(leaf))).toEqual([])
})

function leavesOf({ properties = {} }: Schema, path = ''): string[] {
  const fields = Object.entries(properties)
  if (fields.length === 0) return [path]
  return fields.flatMap(([name, field]) => leavesOf(field, path === '' ? name : `${path}.${name}`))
}
