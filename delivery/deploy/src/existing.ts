import type { KubernetesObject } from '@chat-app/chat'
import type { Kubectl } from '@chat-app/kubectl'
import type { Cli } from './cli.ts'
import { MAX_PARALLEL } from './limits.ts'
import { documents, FIELD_MANAGER, title } from './names.ts'
import { entry } from './record.ts'

/** An object that exists, and who has written its fields. */
export interface Existing {
  /** What is to be applied. */
  readonly object: KubernetesObject
  /** What the cluster has. */
  readonly live: KubernetesObject
  /** Field managers, such as `helm` or `kubectl-edit`; each once. */
  readonly managers: readonly string[]
}

/**
 * Those of the objects that exist.
 *
 * @param objects objects whose kind and namespace exist
 * @throws KubectlError when the cluster does not answer or refuses access
 */
export async function existing(kubectl: Kubectl, objects: readonly KubernetesObject[]): Promise<Existing[]> {
  if (objects.length === 0) return []
  const flags = ['--ignore-not-found', '--show-managed-fields', '-o', 'json']
  const text = await kubectl(['get', ...flags, '-f', '-'], { input: documents(objects) })
  if (text.trim() === '') return []
  const answer = JSON.parse(text) as Live | { readonly items: readonly Live[] }
  const live = isList(answer) ? answer.items : [answer]
  const found = new Map(live.map((each) => [entry(each), each]))
  return objects.flatMap((object) => {
    const each = found.get(entry(object))
    return each === undefined ? [] : [{ object, live: each, managers: managersOf(each) }]
  })
}

/**
 * The fields that somebody else owns and applying would change: a line for each object, with the owner and the fields.
 *
 * @param objects objects that exist
 * @throws Error with the server's answer when it refuses an object for another reason
 */
export async function foreignFields(cli: Cli, objects: readonly KubernetesObject[]): Promise<string[]> {
  if (objects.length === 0 || (await conflictIn(cli, objects)) === '') return []
  // The answer for many objects does not say which of them has the conflict.
  const lines: string[] = []
  for (let at = 0; at < objects.length; at += MAX_PARALLEL) {
    const some = objects.slice(at, at + MAX_PARALLEL)
    const conflicts = await Promise.all(some.map((object) => conflictIn(cli, [object])))
    lines.push(...some.flatMap((object, index) => (conflicts[index] ? `${title(object)}: ${conflicts[index]}` : [])))
  }
  return lines
}

/** What kubectl writes about a field of another manager, without its advice; empty when there is none. */
async function conflictIn(cli: Cli, objects: readonly KubernetesObject[]): Promise<string> {
  const flags = ['--server-side', '--dry-run=server', `--field-manager=${FIELD_MANAGER}`]
  const { code, err } = await cli(['apply', ...flags, '-f', '-'], documents(objects))
  if (code === 0) return ''
  const [, conflicts] = /Apply failed with \d+ conflicts?: ([^]*?)(\nPlease review|$)/.exec(err) ?? []
  if (conflicts === undefined) throw new Error(`kubectl apply --dry-run=server: ${err || `ended with ${code}`}`)
  return conflicts.replaceAll(/\s*\n-?\s*/g, ' ')
}

interface Live extends KubernetesObject {
  readonly metadata: KubernetesObject['metadata'] & {
    readonly managedFields?: readonly { readonly manager: string; readonly subresource?: string }[]
  }
}

/** kubectl answers with a List unless it finds one object. */
function isList(answer: Live | { readonly items: readonly Live[] }): answer is { readonly items: readonly Live[] } {
  return 'items' in answer
}

/** Without the writers of a subresource such as the status, which deploying does not touch. */
function managersOf({ metadata: { managedFields = [] } }: Live): string[] {
  return [...new Set(managedFields.flatMap(({ manager, subresource }) => (subresource ? [] : manager)))]
}
