import { CHILDREN } from '@chat-app/chat/resources'
import type { Chat } from '@chat-app/operator/testing/namespace'

/** As many as the operator has workers. */
const AT_ONCE = 8

/** In place of the label of the operator, which would watch the copies. */
const LABELS = { 'app.kubernetes.io/managed-by': 'bench' }

type Child = Awaited<ReturnType<Chat['list']>>[number]

/**
 * Applies what a ChatApp owns again and again under other names, by server-side apply and without waiting for anything:
 * the least that an operator could do. Returns the time in seconds, and the number of objects.
 *
 * @param name the ChatApp whose children are applied
 * @param times for how many ChatApps
 */
export async function bareLoop(chat: Chat, name: string, times: number): Promise<{ seconds: number; objects: number }> {
  const lists = await Promise.all(CHILDREN.map((kind) => chat.list(kind)))
  const children = lists.flat().filter((child) => child.metadata.name.startsWith(`${name}-`))
  const numbers = Array.from({ length: times }, (_, index) => index)
  const began = performance.now()
  const apply = async () => {
    for (let number = numbers.pop(); number !== undefined; number = numbers.pop())
      for (const child of children) await chat.apply(renamed(child, name, `bare-${number}`))
  }
  await Promise.all(Array.from({ length: AT_ONCE }, apply))
  return { seconds: (performance.now() - began) / 1000, objects: children.length * times }
}

/** A copy that a user could have written, under another name. Its Pods do not start, so that only the writes are measured. */
function renamed({ apiVersion, kind, metadata, ...rest }: Child, from: string, to: string): Child {
  const { status: _, ...fields } = rest as Record<string, unknown>
  const text = JSON.stringify(fields).replaceAll(`${from}-`, `${to}-`).replaceAll(`"${from}"`, `"${to}"`)
  const copied = JSON.parse(text) as { spec?: Record<string, unknown> }
  if (kind === 'Service') for (const field of ['clusterIP', 'clusterIPs']) delete copied.spec?.[field]
  if (kind === 'Deployment') copied.spec = { ...copied.spec, paused: true, replicas: 0 }
  if (kind === 'Job') copied.spec = withoutGenerated(copied.spec)
  const labels = JSON.parse(JSON.stringify(metadata.labels ?? {}).replaceAll(`"${from}"`, `"${to}"`)) as object
  const name = metadata.name.replace(from, to)
  return { apiVersion, kind, metadata: { name, labels: { ...labels, ...LABELS } }, ...copied }
}

/** The API server makes the selector of a Job and the labels that it selects. */
function withoutGenerated(spec: Record<string, unknown> = {}): Record<string, unknown> {
  const template = spec['template'] as { metadata?: { labels?: Record<string, string> } } | undefined
  for (const label of Object.keys(template?.metadata?.labels ?? {}))
    if (/controller-uid$|job-name$/.test(label)) delete template?.metadata?.labels?.[label]
  const { selector: _, ...rest } = spec
  return { ...rest, suspend: true }
}
