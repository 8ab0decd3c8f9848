import { chatApp, type Cluster } from '@chat-app/platform'
import type { Kubectl } from '@chat-app/kubectl'
import type { Options } from './options.ts'

interface Status {
  readonly version?: string
  readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason: string }[]
  readonly api?: { readonly summary?: string }
  readonly websocket?: { readonly summary?: string }
}

/**
 * After a failed deployment: the version that still serves, and how to go on.
 *
 * @returns lines; none when the cluster does not answer or has no such ChatApp
 */
export async function adviceAfterFailure(kubectl: Kubectl, cluster: Cluster, options: Options): Promise<string[]> {
  const { metadata, spec } = chatApp(cluster)
  const get = ['get', `chatapp/${metadata.name}`, '--namespace', metadata.namespace ?? '', '-o', 'jsonpath={.status}']
  const text = await kubectl(get).catch(() => '')
  if (text === '') return []
  const { version, conditions = [], api, websocket } = JSON.parse(text) as Status
  const reason = conditions.find(({ type, status }) => type === 'Ready' && status !== 'True')?.reason
  const steps = [
    ...(reason === undefined ? [] : [`  docs/reasons.md explains ${reason} and how to fix it; then run this again`]),
    ...(version === undefined || version === spec.version
      ? []
      : [`  or go back to the version that serves: ${back(cluster, { ...options, version })}`]),
  ]
  return [
    ...(version === undefined
      ? []
      : [`Version ${version} still serves: API pods ${api?.summary}, WebSocket pods ${websocket?.summary}.`]),
    ...(steps.length === 0 ? [] : ['What to do:', ...steps]),
  ]
}

/** The command of the same deployment with an older version: same cluster, context, registry and ChatApp. */
function back({ folder }: Cluster, { env, version, context, registry, review }: Options): string {
  const accept = review === undefined ? 'older-version' : undefined
  const flags = { env, cluster: folder === env ? undefined : folder, version, context, registry, review, accept }
  const given = Object.entries(flags).filter(([, value]) => value !== undefined)
  return ['npm run deploy --', ...given.map(([name, value]) => `--${name} ${value}`)].join(' ')
}
