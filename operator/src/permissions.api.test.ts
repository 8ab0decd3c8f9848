import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { operatorInstall } from '@chat-app/charts'
import { KubeConfig } from '@kubernetes/client-node'
import { expect, inject } from 'vitest'
import { at } from './kube/json.ts'
import { pathOf, registerResource, SERVICE_ACCOUNTS } from './kube/resources.ts'
import { uniqueName } from '../../test/support/unique-name.ts'
import { test, type Chat } from './testing/chat.ts'

const OPERATOR = 'chat-app-operator'

for (const [kind, plural] of [
  ['Role', 'roles'],
  ['RoleBinding', 'rolebindings'],
] as const) {
  registerResource({ group: 'rbac.authorization.k8s.io', version: 'v1', kind, plural })
}
registerResource({ group: '', version: 'v1', kind: 'Namespace', plural: 'namespaces' })

/** Installs the operator's own objects, and gives a kubeconfig with nothing but its ServiceAccount's token. */
async function installed(chat: Chat): Promise<{ kubeconfig: string; namespace: string }> {
  const namespace = uniqueName('system')
  const few = { cpu: '10m', memory: '64Mi' }
  const objects = operatorInstall({
    namespace,
    image: 'registry.example.com/operator:1',
    version: '1.0.0',
    replicas: 0,
    watchNamespaces: [chat.namespace],
    resources: { requests: few, limits: few },
  })
  for (const object of objects) await chat.client.apply(object, { fieldManager: 'test', force: true })
  const answer = await chat.client.request({
    method: 'POST',
    path: pathOf(SERVICE_ACCOUNTS, namespace, OPERATOR, 'token'),
    body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 3600 } },
  })
  return { kubeconfig: kubeconfigWith(at<string>(answer, 'status', 'token') ?? ''), namespace }
}

/** The kubeconfig of the tests with a token instead of the administrator's certificate. */
function kubeconfigWith(token: string): string {
  const config = new KubeConfig()
  config.loadFromFile(inject('kubeconfig'))
  const { server, caData, caFile } = config.getCurrentCluster()!
  const path = join(mkdtempSync(join(tmpdir(), 'kubeconfig-')), 'config')
  const cluster = { server, 'certificate-authority-data': caData, 'certificate-authority': caFile }
  const content = {
    clusters: [{ name: 'test', cluster }],
    users: [{ name: 'test', user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    'current-context': 'test',
  }
  writeFileSync(path, JSON.stringify(content), { mode: 0o600 })
  return path
}

test('the permissions of the install are enough', async ({ chat }) => {
  const { kubeconfig, namespace } = await installed(chat)
  await chat.operator({ kubeconfig, namespace })
  await chat.secrets()
  await chat.chatApp({
    exposure: {
      type: 'Ingress',
      hosts: { api: 'api.example.com', websocket: 'ws.example.com' },
      ingress: { className: 'haproxy' },
    },
    websocket: { replicas: 2, autoscaling: { minReplicas: 2, maxReplicas: 4 } },
  })
  await chat.reason('Ready', 40_000)
  await chat.chatApp({ version: '1.1.0' })
  await chat.reason('Ready', 40_000)
  expect(chat.requests.filter(({ code }) => code === 401 || code === 403)).toEqual([])
})
