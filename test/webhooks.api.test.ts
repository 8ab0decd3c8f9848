import { DEPLOYMENTS, PODS, type Resource } from '@chat-app/chat/resources'
import { eventually, test, type Chat } from '@chat-app/operator/testing'
import { describe, expect } from 'vitest'
import { startWebhook, type Decision, type Reviewed } from './support/webhook.ts'

const POD_RULES = [{ apiGroups: [''], resources: ['pods'] }]
const OBSERVED_MS = 3000

/** As service meshes, image mirrors and policies do: new fields, a changed image, and a container before the others. */
function change({ kind: { kind }, object: { spec } }: Reviewed): Decision {
  const sidecar = { name: 'proxy', image: 'mesh.example.com/proxy:1' }
  const add = (path: string, value: unknown) => ({ op: 'add', path, value })
  const annotate = add('/metadata/annotations', { 'mesh.example.com/injected': 'true' })
  if (kind === 'Pod') return { patch: [annotate, add('/spec/containers/0', sidecar)] }
  const image = spec.template?.spec.containers[0]?.image ?? ''
  const env = spec.template?.spec.containers[0]?.env ?? []
  return {
    patch: [
      add('/metadata/annotations/mesh.example.com~1revision', '7'),
      add('/spec/template/metadata/annotations', { 'mesh.example.com/revision': '7' }),
      add('/spec/template/spec/tolerations', [{ key: 'spot', operator: 'Exists' }]),
      add('/spec/template/spec/containers/0/image', image.replace('registry.', 'mirror.')),
      ...(env.some(({ name }) => name === 'REGION')
        ? []
        : [add('/spec/template/spec/containers/0/env/-', { name: 'REGION', value: 'a' })]),
    ],
  }
}

async function created(chat: Chat, resource: Resource): Promise<string> {
  return JSON.stringify((await chat.list(resource)).map(({ metadata }) => [metadata.name, metadata.generation]))
}

/** Waits until nothing was written for some seconds; a loop of writes never ends. */
async function quiet(chat: Chat): Promise<void> {
  await eventually(async () => {
    const before = [chat.writes.length, await created(chat, DEPLOYMENTS)]
    await new Promise((resolve) => setTimeout(resolve, OBSERVED_MS))
    expect([chat.writes.length, await created(chat, DEPLOYMENTS)]).toEqual(before)
  })
}

describe.concurrent('admission webhooks', () => {
  test('that add fields to Deployments and pods cause no endless writes, also after a restart', async ({ chat }) => {
    const webhook = await startWebhook(chat, {
      name: 'inject.example.com',
      kind: 'MutatingWebhookConfiguration',
      rules: [{ apiGroups: ['apps'], resources: ['deployments'] }, ...POD_RULES],
      decide: change,
    })
    await chat.secrets()
    await chat.chatApp()
    const operator = await chat.operator()
    await chat.reason('Ready')
    const [deployment] = await chat.list(DEPLOYMENTS)
    expect(JSON.stringify(deployment)).toMatch(/mirror\.example\.com.*"REGION"/)
    expect((await chat.list(PODS)).every((pod) => JSON.stringify(pod).includes('mesh.example.com/proxy'))).toBe(true)
    expect(webhook.calls()).toBeGreaterThan(4)
    await quiet(chat)
    await operator.stop()
    const generations = await created(chat, DEPLOYMENTS)
    await (
      await chat.operator()
    ).leading
    await quiet(chat)
    expect(await created(chat, DEPLOYMENTS)).toBe(generations)
    await chat.reason('Ready')
    await webhook.close()
  })

  test('that refuse pods are named with their words: for the migration, then for a service', async ({ chat }) => {
    let refused = 'migrate'
    const webhook = await startWebhook(chat, {
      name: 'policy.example.com',
      kind: 'ValidatingWebhookConfiguration',
      rules: POD_RULES,
      decide: ({ object: { metadata } }) =>
        metadata.labels?.['app.kubernetes.io/component'] === refused
          ? { refused: `${refused} has no cost centre` }
          : 'allowed',
    })
    await chat.secrets()
    await chat.chatApp()
    await chat.operator()
    expect((await chat.reason('PodsRefused')).message).toMatch(
      /^Job chat-migrate-\S+: admission webhook "policy\.example\.com" denied the request: migrate has no cost centre$/,
    )
    refused = 'websocket'
    await eventually(async () =>
      expect(await chat.condition('Ready')).toMatchObject({
        reason: 'PodsRefused',
        message:
          'Deployment chat-websocket: admission webhook "policy.example.com" denied the request: websocket has no cost centre',
      }),
    )
    // Both start at the creation of a ChatApp, and the pods of the API may be ready later.
    await eventually(async () => expect(await chat.condition('ApiAvailable')).toMatchObject({ status: 'True' }))
    refused = 'nothing'
    await chat.reason('Ready')
    await webhook.close()
  })

  test('that do not answer are named', async ({ chat }) => {
    const webhook = await startWebhook(chat, {
      name: 'silent.example.com',
      kind: 'ValidatingWebhookConfiguration',
      rules: POD_RULES,
      decide: () => undefined,
    })
    await chat.secrets()
    await chat.chatApp()
    await chat.operator()
    const { message } = await chat.reason('PodsRefused')
    expect(message).toContain('failed calling webhook "silent.example.com"')
    expect(message).toContain('deadline exceeded')
    await webhook.close()
    await chat.reason('Ready')
  })
})
