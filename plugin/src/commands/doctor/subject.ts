import { declaredFacts, desired, ModelError, resolve } from '@chat-app/chat'
import { GROUP, KIND, type ChatApp } from '@chat-app/crds'
import { readFile, stat } from 'node:fs/promises'
import { parseAllDocuments } from 'yaml'
import { readChatApp } from '../../cluster/chat-apps.ts'
import { TIMEOUT, type Cluster } from '../../cluster/cluster.ts'
import { isLabel, NAME_RULE } from '../../cluster/names.ts'
import { EXIT, Failure } from '../../failure.ts'
import { MAX_FILE_BYTES } from '../../limits.ts'
import { shown } from '../../text/shown.ts'
import type { Subject } from './site.ts'

/** The ChatApp of a file, which need not be applied. @throws Failure when the file has none, or several */
export async function subjectInFile(
  cluster: Cluster,
  file: string,
  name: string | undefined,
  namespace: string | undefined,
): Promise<Subject> {
  const chatApp = chosen(await chatAppsIn(file), file, name)
  const { name: called, namespace: own } = chatApp.metadata
  // Both become arguments of kubectl, which must not take them for options.
  if (!isLabel(called)) throw new Failure(`${file}: metadata.name is ${shown(called)}: ${NAME_RULE}`, EXIT.usage)
  if (own !== undefined && !isLabel(own))
    throw new Failure(`${file}: metadata.namespace is ${shown(own)}: ${NAME_RULE}`, EXIT.usage)
  if (own !== undefined && namespace !== undefined && own !== namespace)
    throw new Failure(`${file}: the ChatApp is in the namespace "${own}", and -n says "${namespace}"`, EXIT.usage)
  return subjectOf(chatApp, own ?? namespace ?? (await currentNamespace(cluster)), true)
}

/** A ChatApp that the cluster has. @throws Failure when it cannot be read */
export async function subjectInCluster(cluster: Cluster, name: string): Promise<Subject> {
  const chatApp = await readChatApp(cluster, name)
  return subjectOf(chatApp as unknown as ChatApp, chatApp.metadata.namespace, false)
}

function subjectOf({ metadata, ...given }: ChatApp, namespace: string, isFile: boolean): Subject {
  const chatApp = { ...given, metadata: { ...metadata, namespace } }
  try {
    const { model, faults } = resolve(chatApp)
    const messages = faults.map(({ message }) => message)
    return { chatApp, isFile, model, faults: messages, objects: desired(model, declaredFacts) }
  } catch (error) {
    if (!(error instanceof ModelError)) throw error
    return { chatApp, isFile, model: undefined, faults: [error.message], objects: [] }
  }
}

async function chatAppsIn(file: string): Promise<ChatApp[]> {
  const documents = parseAllDocuments(await textOf(file))
  if (!Array.isArray(documents)) return []
  const objects = documents.flatMap((document): unknown[] => {
    const [fault] = document.errors
    if (fault !== undefined) throw new Failure(`${file}: ${fault.message}`, EXIT.usage)
    const object = document.toJS() as { kind?: unknown; items?: unknown } | null
    return object?.kind === 'List' && Array.isArray(object.items) ? object.items : [object]
  })
  return objects.filter(isChatApp)
}

function isChatApp(object: unknown): object is ChatApp {
  const { apiVersion, kind, metadata } = (object ?? {}) as Partial<ChatApp>
  if (kind !== KIND || typeof apiVersion !== 'string' || !apiVersion.startsWith(`${GROUP}/`)) return false
  return typeof metadata?.name === 'string'
}

function chosen(found: readonly ChatApp[], file: string, name: string | undefined): ChatApp {
  const named = name === undefined ? found : found.filter(({ metadata }) => metadata.name === name)
  const [first, second] = named
  if (first === undefined)
    throw new Failure(`${file} has no ChatApp${name === undefined ? '' : ` "${name}"`}`, EXIT.usage)
  if (second !== undefined)
    throw new Failure(`${file} has ${named.length} ChatApps: name the one to examine`, EXIT.usage)
  return first
}

async function textOf(file: string): Promise<string> {
  const path = file === '-' ? '/dev/stdin' : file
  try {
    const { size } = await stat(path)
    if (size > MAX_FILE_BYTES)
      throw new Failure(`${file} has ${size} bytes, at most ${MAX_FILE_BYTES} are read`, EXIT.usage)
    return await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Failure) throw error
    throw new Failure(`--filename: ${(error as Error).message}`, EXIT.usage, { cause: error })
  }
}

async function currentNamespace({ results }: Cluster): Promise<string> {
  const { out } = await results(['config', 'view', '--minify', '--output', 'jsonpath={..namespace}', ...TIMEOUT])
  return out.trim() || 'default'
}
