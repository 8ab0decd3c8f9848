import { API_VERSION, KIND, type ChatApp } from '@chat-app/crds'
import { createReadStream } from 'node:fs'
import { parseAllDocuments } from 'yaml'
import { isLabel, NAME_RULE } from '../../cluster/names.ts'
import { Failure } from '../../failure.ts'
import { MAX_PLAN_BYTES } from '../../limits.ts'
import { shown } from '../../text/shown.ts'

/** A ChatApp as it is written in a file. */
export interface GivenChatApp {
  /** The file as it is, for kubectl. */
  readonly text: string
  readonly chatApp: ChatApp
}

/**
 * Reads one ChatApp from a file, or from standard input where the file is `-`.
 *
 * @param namespace that of `-n`. @throws Failure that names the field, the value and the fix
 */
export async function readGiven(
  file: string,
  namespace: string | undefined,
  stdin: AsyncIterable<Buffer | string>,
): Promise<GivenChatApp> {
  const text = await readBounded(file, file === '-' ? stdin : createReadStream(file))
  const chatApp = chatAppIn(text, file)
  const own = chatApp.metadata.namespace
  if (namespace !== undefined && own !== undefined && own !== namespace)
    throw new Failure(
      `${file}: metadata.namespace is ${shown(own)}, and -n is "${namespace}": use the same one, or leave -n out`,
    )
  return { text, chatApp }
}

async function readBounded(file: string, stream: AsyncIterable<Buffer | string>): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of stream) {
      const part = Buffer.from(chunk)
      bytes += part.length
      if (bytes > MAX_PLAN_BYTES) break
      chunks.push(part)
    }
  } catch (error) {
    throw new Failure(`--filename "${file}": ${(error as Error).message}`, undefined, { cause: error })
  }
  if (bytes > MAX_PLAN_BYTES)
    throw new Failure(`${file} has more than ${MAX_PLAN_BYTES} bytes: give the file of one ChatApp alone`)
  return Buffer.concat(chunks).toString('utf8')
}

/** @throws Failure when the text is anything else than one ChatApp */
function chatAppIn(text: string, file: string): ChatApp {
  const [value, ...more] = documentsIn(text, file)
  if (value === undefined) throw new Failure(`${file} is empty: give the file of one ChatApp`)
  if (more.length > 0)
    throw new Failure(`${file} has ${more.length + 1} documents: give one ChatApp, a plan is of one alone`)
  if (!isRecord(value)) throw new Failure(`${file} is ${shown(value)}: expected a ChatApp`)
  const { apiVersion, kind, metadata, spec } = value
  if (kind !== KIND) throw new Failure(`${file}: kind is ${shown(kind)}: expected ${KIND}`)
  if (apiVersion !== API_VERSION)
    throw new Failure(`${file}: apiVersion is ${shown(apiVersion)}: expected ${API_VERSION}`)
  if (!isRecord(metadata)) throw new Failure(`${file}: metadata is ${shown(metadata)}: give the ChatApp a name`)
  const { name, namespace } = metadata
  // Both become arguments of kubectl, which must not take them for options.
  if (!isLabel(name)) throw new Failure(`${file}: metadata.name is ${shown(name)}: ${NAME_RULE}`)
  if (namespace !== undefined && !isLabel(namespace))
    throw new Failure(`${file}: metadata.namespace is ${shown(namespace)}: ${NAME_RULE}`)
  if (!isRecord(spec)) throw new Failure(`${file}: spec is ${shown(spec)}: expected the fields of a ChatApp`)
  return value as unknown as ChatApp
}

/** The documents that are not empty. kubectl reads YAML 1.1, in which `yes` is true. */
function documentsIn(text: string, file: string): unknown[] {
  try {
    const documents = parseAllDocuments(text, { version: '1.1', logLevel: 'error' })
    return [...documents].flatMap((document) => {
      const [error] = document.errors
      if (error !== undefined) throw error
      const value: unknown = document.toJS()
      // As it is sent: a time without quotes is a text.
      return value === null ? [] : [JSON.parse(JSON.stringify(value)) as unknown]
    })
  } catch (error) {
    throw new Failure(`${file} is not YAML: ${(error as Error).message.split('\n')[0]}`, undefined, { cause: error })
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
