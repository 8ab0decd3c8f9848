import type { KubernetesObject } from '@chat-app/chat'
import type { Cli } from './cli.ts'
import { documents, FIELD_MANAGER, title } from './names.ts'
import { couldExist, type Found } from './preflight.ts'

/** The changes that applying would make, as lines: new objects by name, others with the lines that differ. */
export async function changes(cli: Cli, found: Found, objects: readonly KubernetesObject[]): Promise<string[]> {
  const isKnown = (object: KubernetesObject): boolean => couldExist(found, object)
  const added = objects.filter((object) => !isKnown(object)).map((object) => `new  ${title(object)}`)
  return [...added, ...(await compared(cli, objects.filter(isKnown)))]
}

async function compared(cli: Cli, objects: readonly KubernetesObject[]): Promise<string[]> {
  if (objects.length === 0) return []
  const flags = ['--server-side', '--force-conflicts', `--field-manager=${FIELD_MANAGER}`]
  const { code, out, err } = await cli(['diff', ...flags, '-f', '-'], documents(objects))
  // Exit code 1 means that there are differences, as for the program `diff`.
  if (code === 0 || (code === 1 && out !== '')) return readable(out)
  throw new Error(`kubectl diff: ${err || `ended with ${code}`}`)
}

/** Fields that only the server sets. */
const SERVER_FIELDS = /^[-+ ] {2}(generation|resourceVersion|uid|creationTimestamp): /

/** The unified diff of kubectl, by object and without its temporary files; new objects are only named. */
export function readable(diff: string): string[] {
  const parts = diff.split(/^diff .*\n/m).filter((part) => part.trim() !== '')
  return parts.flatMap((part) => {
    const [from = '', , hunk = '', ...rest] = part.trimEnd().split('\n')
    const name = named(from.replace(/^--- /, '').split('\t')[0]?.split('/').at(-1) ?? '')
    if (hunk.startsWith('@@ -0,0 ')) return [`new  ${name}`]
    const changed = rest.filter((line) => !line.startsWith('@@') && !SERVER_FIELDS.test(line))
    // For some objects the server increments the generation without any other change.
    if (!changed.some((line) => /^[-+]/.test(line))) return []
    return [`${name}:`, ...changed.map((line) => `  ${line}`)]
  })
}

/** The title of an object, from kubectl's name of its file: `apps.v1.Deployment.chat-app-system.chat-app-operator`. */
function named(file: string): string {
  const [, kind, namespace, name] = /^(?:.+\.)?v\d\w*\.([A-Z]\w*)\.([^.]*)\.(.+)$/.exec(file) ?? []
  if (kind === undefined) return file
  return `${kind} ${namespace === '' ? '' : `${namespace}/`}${name}`
}
