import { chatApp, type Cluster } from '../charts/src/index.ts'
import type { Kubectl } from '../sandbox/src/kubectl.ts'

interface Status {
  readonly version?: string
  readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason: string }[]
  readonly api?: { readonly summary?: string }
  readonly websocket?: { readonly summary?: string }
}

/** What still serves after a deployment failed, and how to go on; empty when the cluster does not say. */
export async function whatToDo(kubectl: Kubectl, cluster: Cluster, env: string): Promise<string[]> {
  const { name, namespace } = chatApp(cluster).metadata
  const get = ['get', `chatapp/${name}`, '--namespace', namespace ?? '', '-o', 'jsonpath={.status}']
  const text = await kubectl(get).catch(() => '')
  if (text === '') return []
  const { version, conditions = [], api, websocket } = JSON.parse(text) as Status
  const reason = conditions.find(({ type, status }) => type === 'Ready' && status !== 'True')?.reason
  const { folder } = cluster
  const back = `npm run deploy -- --env ${env}${folder === env ? '' : ` --cluster ${folder}`} --version ${version}`
  return [
    ...(version === undefined
      ? []
      : [`Version ${version} serves on: API pods ${api?.summary}, WebSocket pods ${websocket?.summary}.`]),
    'What to do:',
    ...(reason === undefined
      ? []
      : [`  docs/reasons.md says what ${reason} means and what mends it; then run this again`]),
    ...(version === undefined ? [] : [`  or go back to what serves: ${back}`]),
  ]
}
