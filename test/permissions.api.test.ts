import { DEPLOYMENTS, JOBS } from '@chat-app/chat/resources'
import { operatorInstall } from '@chat-app/platform/install'
import { type KubernetesObject } from '@chat-app/chat'
import { local } from '@chat-app/environments'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, inject } from 'vitest'
import { parse, stringify } from 'yaml'
import { eventually, test, type Chat } from '@chat-app/operator/testing'

const hosts = { api: 'api.chat-app.com', websocket: 'ws.chat-app.com' }
const autoscaling = { minReplicas: 2, maxReplicas: 3 }

test('the operator needs only the permissions of its install', async ({ chat }) => {
  const folder = await mkdtemp(join(tmpdir(), 'permissions-'))
  try {
    await install(chat)
    const kubeconfig = join(folder, 'kubeconfig')
    await writeFile(kubeconfig, await kubeconfigOf(chat, 'chat-app-operator'), { mode: 0o600 })

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

/** Creates the ServiceAccount and the Roles of the operator's install, in the namespace of the test. */
async function install(chat: Chat): Promise<void> {
  const values = { ...local.operator, namespace: chat.namespace, watchNamespaces: [chat.namespace] }
  const kinds = new Set(['ServiceAccount', 'Role', 'RoleBinding'])
  for (const object of operatorInstall(values).filter(({ kind }) => kinds.has(kind)))
    await chat.client.request({ method: 'POST', path: collectionOf(object), body: object })
}

function collectionOf({ apiVersion, kind, metadata: { namespace } }: KubernetesObject): string {
  const root = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`
  return `${root}/namespaces/${namespace ?? ''}/${kind.toLowerCase()}s`
}

/** The administrator's kubeconfig, with the token of a ServiceAccount as its only credential. */
async function kubeconfigOf(chat: Chat, serviceAccount: string): Promise<string> {
  const { status } = await chat.client.request<{ status: { token: string } }>({
    method: 'POST',
    path: `/api/v1/namespaces/${chat.namespace}/serviceaccounts/${serviceAccount}/token`,
    body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 600 } },
  })
  const config = parse(await readFile(inject('kubeconfig'), 'utf8')) as { users: { user: object }[] }
  return stringify({ ...config, users: config.users.map((user) => ({ ...user, user: { token: status.token } })) })
}
