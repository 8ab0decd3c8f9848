import { globSync, readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import type * as Yaml from 'yaml'
import type { KubernetesObject } from '@chat-app/chat'
import type { ManifestFile } from '@chat-app/platform'
import { PREVIEW } from './compare.ts'

/** The manifests of one cluster by the name of its folder, such as `prod/eu-central`. */
export type Bundle = ReadonlyMap<string, readonly ManifestFile[]>

/** Patterns of the files that synth writes. Other files of the folder, such as a release, are ignored. */
const WRITTEN = ['**/[0-9][0-9]-*.yaml', `**/${PREVIEW}/*.yaml`]

/**
 * The manifests below a folder.
 *
 * @param known objects by their YAML, which are not parsed: reading YAML takes ten times as long as writing it
 * @throws Error when the folder does not exist, or a file is not YAML
 */
export function readBundle(dir: string, known: ReadonlyMap<string, readonly KubernetesObject[]>): Bundle {
  if (statSync(dir, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new Error(`--diff-from ${dir}: the folder does not exist`)
  const paths = globSync(WRITTEN, { cwd: dir }).sort()
  return Map.groupBy(
    paths.map((path) => ({ path, objects: objectsIn(join(dir, path), known) })),
    ({ path }) => clusterOf(path),
  )
}

/** The folder of the cluster that a file belongs to. */
function clusterOf(path: string): string {
  const folder = dirname(path)
  return basename(folder) === PREVIEW ? dirname(folder) : folder
}

function objectsIn(file: string, known: ReadonlyMap<string, readonly KubernetesObject[]>): readonly KubernetesObject[] {
  const text = readFileSync(file, 'utf8')
  return known.get(text) ?? parsed(file, text)
}

const require = createRequire(import.meta.url)

function parsed(file: string, text: string): KubernetesObject[] {
  // Loaded only when YAML is read: everything else starts faster without it.
  const { parseAllDocuments } = require('yaml') as typeof Yaml
  return parseAllDocuments(text, { version: '1.1' }).flatMap((document) => {
    const [error] = document.errors
    if (error !== undefined) throw new Error(`${file}: ${error.message}`)
    const object = document.toJS() as KubernetesObject | null
    if (object === null) return []
    if (typeof object.kind !== 'string' || typeof object.metadata?.name !== 'string')
      throw new Error(`${file}: has a document that is not a Kubernetes object`)
    return [object]
  })
}
