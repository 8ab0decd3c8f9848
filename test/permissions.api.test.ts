import { DEPLOYMENTS, JOBS } from '@chat-app/chat/resources'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, inject } from 'vitest'
import { eventually, test } from '@chat-app/operator/testing'
import { installPermissions, operatorKubeconfig } from '@chat-app/operator/testing/install'

const hosts = { api: 'api.chat-app.com', websocket: 'ws.chat-app.com' }
const autoscaling = { minReplicas: 2, maxReplicas: 3 }

test('the operator needs only the permissions of its install', async ({ chat }) => {
  const folder = await mkdtemp(join(tmpdir(), 'permissions-'))
  try {
    await installPermissions(chat)
    const kubeconfig = join(folder, 'kubeconfig')
    await writeFile(kubeconfig, await operatorKubeconfig(chat, inject('kubeconfig')), { mode: 0o600 })

    await chat.operator({ kubeconfig, podAccess: 'direct' })
    await chat.chatApp({
      exposure: { type: 'Ingress', hosts, ingress: { className: 'x' } },
      websocket: { autoscaling },
    })
    await chat.reason('MissingSecret')
    await chat.secrets()
    await chat.reason('Ready')

    // It creates a deleted child again, and runs the migration of a new release.
    await chat.delete(DEPLOYMENTS, 'chat-api')
    await eventually(async () => expect(await chat.get(DEPLOYMENTS, 'chat-api')).toBeDefined())
    await chat.chatApp({ version: '1.1.0' })
    await eventually(async () => expect((await chat.status()).version).toBe('1.1.0'))
    expect((await chat.list(JOBS)).length).toBeGreaterThan(0)

    const refused = chat.requests.filter(({ code }) => code === 401 || code === 403)
    expect(refused.map(({ verb, path }) => `${verb} ${path}`)).toEqual([])
    expect(chat.requests.length).toBeGreaterThan(20)
  } finally {
    await rm(folder, { recursive: true })
  }
})
