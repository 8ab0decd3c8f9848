import { manifests, clustersOf, type Environment } from '@chat-app/platform'
import { chosenCluster, chosenEnvironments } from '../choose.ts'
import type { Format } from '../options.ts'
import { yamlOf } from '../yaml.ts'
import { compareBundles, type ClusterChanges } from './clusters.ts'
import { changes } from './compare.ts'
import { asMarkdown } from './markdown.ts'
import { readBundle } from './read.ts'
import { asText } from './text.ts'

const writers: Readonly<Record<Format, (found: readonly ClusterChanges[]) => string>> = {
  text: asText,
  markdown: asMarkdown,
}

/**
 * The changes that lead from one environment or cluster to another, as text.
 *
 * @throws Error that names the valid ones, for an unknown name
 */
export function diffBetween(names: readonly [string, string], format: Format): string {
  const [from, to] = names.map(chosenCluster) as [ReturnType<typeof chosenCluster>, ReturnType<typeof chosenCluster>]
  const found = changes(manifests(from), manifests(to))
  const title = `${from.folder} -> ${to.folder}`
  return writers[format](found.length === 0 ? [] : [{ title, changes: found }])
}

/**
 * The changes against manifests that were written before, in the chosen environments, as text.
 *
 * @param isAll whether all environments are chosen: folders of removed ones are listed then
 * @throws Error when the folder has no manifests of a cluster
 */
export function diffFrom(dir: string, chosen: readonly Environment[], isAll: boolean, format: Format): string {
  const after = new Map(chosen.flatMap(clustersOf).map((cluster) => [cluster.folder, manifests(cluster)]))
  const files = [...after.values()].flat()
  const written = readBundle(dir, new Map(files.map(({ objects }) => [yamlOf(objects), objects])))
  const isChosen = (folder: string) => isAll || chosen.some(({ name }) => folder.split('/')[0] === name)
  const before = new Map([...written].filter(([folder]) => isChosen(folder)))
  const folders = chosenEnvironments([])
    .flatMap(clustersOf)
    .map((cluster) => cluster.folder)
  if (written.size > 0 && !folders.some((folder) => written.has(folder)))
    throw new Error(
      `--diff-from ${dir}: has no folder of a cluster, such as ${folders.join(', ')}; it has ${[...written.keys()].join(', ')}`,
    )
  return writers[format](compareBundles(before, after))
}
