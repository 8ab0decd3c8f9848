import type { KubernetesObject } from '@chat-app/chat'
import { established, type Kubectl } from '@chat-app/kubectl'
import type { Cli } from './cli.ts'
import { ESTABLISHED_SECONDS } from './limits.ts'
import { documents, FIELD_MANAGER, resourceOf } from './names.ts'

type Say = (text: string) => void

/** One file of the bundle. */
export interface File {
  readonly path: string
  readonly objects: readonly KubernetesObject[]
}

/**
 * Applies a file by server-side apply. Fields of ours that somebody else changed are set back: the diff has shown them.
 *
 * @throws Error with the server's answer; the objects before the refused one are applied then
 */
export async function applyFile(cli: Cli, kubectl: Kubectl, { path, objects }: File, say: Say): Promise<void> {
  const flags = ['--server-side', '--force-conflicts', `--field-manager=${FIELD_MANAGER}`]
  const { code, err } = await cli(['apply', ...flags, '-f', '-'], documents(objects))
  if (code !== 0) throw new Error(`${path}: ${err || `kubectl apply ended with ${code}`}`)
  say(`applied ${path}: ${objects.length} objects`)
  // Warnings of the API server and of admission policies.
  if (err !== '') say(err)
  const definitions = objects.filter(({ kind }) => kind === 'CustomResourceDefinition').map(resourceOf)
  if (definitions.length === 0) return
  await established(kubectl, definitions, ESTABLISHED_SECONDS)
}
