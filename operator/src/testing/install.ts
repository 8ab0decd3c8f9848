import type { KubernetesObject } from '@chat-app/chat'
import { local } from '@chat-app/environments'
import { operatorInstall, withImage } from '@chat-app/platform/install'
import { readFile } from 'node:fs/promises'
import { parse, stringify } from 'yaml'
import type { Chat } from './chat.ts'

/** Creates the ServiceAccount and the Roles of the operator's install, in the namespace of a test. */
export async function installPermissions(chat: Chat): Promise<void> {
  const { operator } = local
  const values = { ...operator, namespace: chat.namespace, watchNamespaces: [chat.namespace], clusterNamespaces: [] }
  const kinds = new Set(['ServiceAccount', 'Role', 'RoleBinding'])
  for (const object of operatorInstall(withImage(values)).filter(({ kind }) => kinds.has(kind)))
    await chat.client.request({ method: 'POST', path: collectionOf(object), body: object })
}

/** The text of a kubeconfig of an administrator, with the token of the operator's ServiceAccount as its only credential. */
export async function operatorKubeconfig(chat: Chat, administrator: string): Promise<string> {
  const { status } = await chat.client.request<{ status: { token: string } }>({
    method: 'POST',
    path: `/api/v1/namespaces/${chat.namespace}/serviceaccounts/chat-app-operator/token`,
    body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 600 } },
  })
  const config = parse(await readFile(administrator, 'utf8')) as { users: { user: object }[] }
  return stringify({ ...config, users: config.users.map((user) => ({ ...user, user: { token: status.token } })) })
}

function collectionOf({ apiVersion, kind, metadata: { namespace } }: KubernetesObject): string {
  const root = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`
  return `${root}/namespaces/${namespace ?? ''}/${kind.toLowerCase()}s`
}
