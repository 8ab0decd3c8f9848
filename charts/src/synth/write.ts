import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { manifests, type ManifestFile } from '../platform/bundle.ts'
import { assertDistinct, clustersOf } from '../platform/cluster.ts'
import type { Environment } from '../platform/values.ts'
import type { KubernetesObject } from '../types.ts'
import { replaceFolders } from './replace-folders.ts'
import { yamlOf } from './yaml.ts'

/**
 * Writes the manifests of the chosen environments below a folder, one folder for each cluster. The folder of an
 * environment is replaced as a whole, and only when everything was rendered: a mistake leaves the last good files.
 *
 * @returns one line for each cluster
 */
export function synth(chosen: readonly Environment[], out: string): string[] {
  assertDistinct(chosen)
  const clusters = chosen.flatMap(clustersOf).map((cluster) => ({ folder: cluster.folder, files: manifests(cluster) }))
  const textOf = yamlTexts()
  const names = chosen.map(({ name }) => name)
  replaceFolders(out, names, (made) => {
    for (const { folder, files } of clusters) writeFiles(join(made, folder), files, textOf)
  })
  return clusters.map(({ folder, files }) => `${join(out, folder)}: ${summary(files)}`)
}

function writeFiles(folder: string, files: readonly ManifestFile[], textOf: TextOf): void {
  for (const parent of new Set(files.map(({ path }) => dirname(join(folder, path)))))
    mkdirSync(parent, { recursive: true })
  for (const { path, objects } of files) writeFileSync(join(folder, path), objects.map(textOf).join('---\n'))
}

type TextOf = (object: KubernetesObject) => string

/** The YAML of objects, made once for those that several clusters have alike. */
function yamlTexts(): TextOf {
  const known = new Map<string, string>()
  return (object) => {
    const json = JSON.stringify(object)
    const text = known.get(json) ?? yamlOf([object])
    known.set(json, text)
    return text
  }
}

function summary(files: readonly ManifestFile[]): string {
  const isPreview = ({ path }: ManifestFile) => path.startsWith('preview/')
  const count = (some: readonly ManifestFile[]) => some.reduce((sum, { objects }) => sum + objects.length, 0)
  const applied = files.filter((file) => !isPreview(file))
  return `${applied.length} files with ${count(applied)} objects, and ${count(files.filter(isPreview))} in preview`
}
