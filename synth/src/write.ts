import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import {
  manifests,
  type ManifestFile,
  assertDistinct,
  assertOneOwner,
  clustersOf,
  type Environment,
} from '@chat-app/platform'
import type { KubernetesObject } from '@chat-app/chat'
import { replaceFolders } from './replace-folders.ts'
import { yamlOf } from './yaml.ts'

/** Paths of manifests in the folder of an environment, also those of a cluster that was removed from it. */
const MANIFEST = /^([\w.-]+\/)?(\d\d-[\w-]+|preview\/[\w-]+)\.yaml$/

/**
 * Writes the manifests of the chosen environments below a folder, one folder for each cluster. The folder of an
 * environment is replaced as a whole, and only when everything was rendered: after an error the former files are still
 * there.
 *
 * @param onEnvironment called before an environment is rendered
 * @returns one line for each cluster
 * @throws Error for a wrong value, a folder with files of somebody else, or what the file system refuses
 */
export function synth(
  chosen: readonly Environment[],
  out: string,
  onEnvironment: (environment: Environment) => void = () => {},
): string[] {
  assertDistinct(chosen)
  const clusters = chosen.flatMap((environment) => {
    onEnvironment(environment)
    return clustersOf(environment).map((cluster) => ({ folder: cluster.folder, files: manifests(cluster) }))
  })
  assertOneOwner(chosen)
  const names = chosen.map(({ name }) => name)
  const make = (made: string): void => {
    for (const { folder, files } of clusters) writeFiles(join(made, folder), files)
  }
  replaceFolders(out, { names, make, isOurs: (path) => MANIFEST.test(path) })
  return clusters.map(({ folder, files }) => `${join(out, folder)}: ${summary(files)}`)
}

function writeFiles(folder: string, files: readonly ManifestFile[]): void {
  for (const parent of new Set(files.map(({ path }) => dirname(join(folder, path)))))
    mkdirSync(parent, { recursive: true })
  for (const { path, objects } of files) writeFileSync(join(folder, path), textOf(objects), { flag: 'wx' })
}

/** Texts by their list of objects: all clusters share the list of the CRD, which has the longest text. */
const texts = new WeakMap<readonly KubernetesObject[], string>()

function textOf(objects: readonly KubernetesObject[]): string {
  const text = texts.get(objects) ?? yamlOf(objects)
  texts.set(objects, text)
  return text
}

function summary(files: readonly ManifestFile[]): string {
  const isPreview = ({ path }: ManifestFile) => path.startsWith('preview/')
  const count = (some: readonly ManifestFile[]) => some.reduce((sum, { objects }) => sum + objects.length, 0)
  const applied = files.filter((file) => !isPreview(file))
  return `${applied.length} files with ${count(applied)} objects, and ${count(files.filter(isPreview))} in preview`
}
