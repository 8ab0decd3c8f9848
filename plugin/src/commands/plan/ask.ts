import { model } from '@chat-app/chat'
import type { ChatAppSpecDefaulted } from '@chat-app/crds'
import { notInstalled } from '../../cluster/chat-apps.ts'
import { reasonOf, TIMEOUT, type Cluster } from '../../cluster/cluster.ts'
import type { StoredChatApp } from '../../cluster/objects.ts'
import { Failure } from '../../failure.ts'
import type { GivenChatApp } from './input.ts'

/** What the ChatApp would be once the file is applied. */
export interface Answer {
  readonly after: StoredChatApp
  /** Why the API server was not asked; undefined when it has answered. */
  readonly note: string | undefined
}

/**
 * Asks the API server by a dry run what `kubectl apply` would store, with its defaults and checks. Who may not apply gets
 * the defaults of this program.
 *
 * @throws Failure when the ChatApp would be refused
 */
export async function askServer(
  { results, inNamespace }: Cluster,
  { text, chatApp }: GivenChatApp,
  before: StoredChatApp | undefined,
): Promise<Answer> {
  const args = ['apply', '--dry-run=server', '--filename', '-', '--output', 'json', ...inNamespace, ...TIMEOUT]
  const result = await results(args, { input: text })
  if (result.code === 0) return { after: JSON.parse(result.out) as StoredChatApp, note: undefined }
  const absent = notInstalled(reasonOf(result))
  if (absent !== undefined) throw absent
  const [, verb] = /is forbidden: User .* cannot (patch|create) resource/.exec(result.err) ?? []
  if (verb === undefined) throw new Failure(`the API server would refuse it: ${lastReason(result.err)}`)
  return { after: byOwnDefaults(chatApp, before), note: `you may not ${verb} ChatApps, so ${OWN_DEFAULTS}` }
}

const OWN_DEFAULTS =
  'the API server was not asked: the fields of the file are completed by the defaults of this plugin, and what other tools have set is not kept'

/** kubectl repeats the whole object before the reason. */
function lastReason(err: string): string {
  const lines = err.trim().split('\n')
  const from = lines.findIndex((line) => line.startsWith('for: "STDIN": '))
  const reasons = from === -1 ? lines : [lines[from]!.slice('for: "STDIN": '.length), ...lines.slice(from + 1)]
  return reasonOf({ err: reasons.join('\n'), code: 1 }).replace(/error when (creating|patching) "STDIN": /, '')
}

/** @throws Failure for a spec that the API server would refuse too */
function byOwnDefaults(chatApp: GivenChatApp['chatApp'], before: StoredChatApp | undefined): StoredChatApp {
  const { name, annotations } = chatApp.metadata
  const namespace = before?.metadata.namespace ?? chatApp.metadata.namespace ?? 'default'
  const given = { ...chatApp, metadata: { ...chatApp.metadata, namespace } }
  return {
    apiVersion: chatApp.apiVersion,
    kind: chatApp.kind,
    metadata: {
      name,
      namespace,
      uid: '',
      creationTimestamp: '',
      ...before?.metadata,
      annotations: { ...before?.metadata.annotations, ...(annotations as Record<string, string> | undefined) },
    },
    spec: specOf(given),
    ...(before?.status && { status: before.status }),
  }
}

function specOf(chatApp: GivenChatApp['chatApp']): ChatAppSpecDefaulted {
  try {
    return model(chatApp).spec as ChatAppSpecDefaulted
  } catch (error) {
    throw new Failure((error as Error).message, undefined, { cause: error })
  }
}
