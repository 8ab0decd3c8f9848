import type { KubernetesObject } from '@chat-app/chat'
import type { Cli } from './cli.ts'
import { documents, FIELD_MANAGER, title } from './names.ts'
import { couldExist, type Found } from './preflight.ts'

/** What the server would change, as lines: new objects by name, others with the lines that differ; empty when nothing would. */
export async function changes(cli: Cli, found: Found, objects: readonly KubernetesObject[]): Promise<string[]> {
  const isKnown = (object: KubernetesObject): boolean => couldExist(found, object)
  const added = objects.filter((object) => !isKnown(object)).map((object) => `new  ${title(object)}`)
  return [...added, ...(await compared(cli, objects.filter(isKnown)))]
}

async function compared(cli: Cli, objects: readonly KubernetesObject[]): Promise<string[]> {
  if (objects.length === 0) return []
  const flags = ['--server-side', '--force-conflicts', `--field-manager=${FIELD_MANAGER}`]
  const { code, out, err } = await cli(['diff', ...flags, '-f', '-'], documents(objects))
  // 1 says that there are differences, and is what the program `diff` gives.
  if (code === 0 || (code === 1 && out !== '')) return readable(out)
  throw new Error(`kubectl diff: ${err || `ended with ${code}`}`)
}

/** Fields of the server's own. */
const SERVERS = /^[-+ ] {2}(generation|resourceVersion|uid|creationTimestamp): /

/** kubectl's unified diff by objects, without its temporary files; what is new is only named. */
export function readable(diff: string): string[] {
  const parts = diff.split(/^diff .*\n/m).filter((part) => part.trim() !== '')
  return parts.flatMap((part) => {
    const [from = '', , hunk = '', ...rest] = part.trimEnd().split('\n')
    const name = named(from.replace(/^--- /, '').split('\t')[0]?.split('/').at(-1) ?? '')
    if (hunk.startsWith('@@ -0,0 ')) return [`new  ${name}`]
    const changed = rest.filter((line) => !line.startsWith('@@') && !SERVERS.test(line))
    // The server counts on the generation of some objects although nothing of them differs.
    if (!changed.some((line) => /^[-+]/.test(line))) return []
    return [`${name}:`, ...changed.map((line) => `  ${line}`)]
  })
}

/** `apps.v1.Deployment.chat-app-system.chat-app-operator`, as kubectl calls its files, as `title` says it. */
function named(file: string): string {
  const [, kind, namespace, name] = /^(?:.+\.)?v\d\w*\.([A-Z]\w*)\.([^.]*)\.(.+)$/.exec(file) ?? []
  if (kind === undefined) return file
  return `${kind} ${namespace === '' ? '' : `${namespace}/`}${name}`
}
