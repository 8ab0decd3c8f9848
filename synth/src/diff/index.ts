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
 * How two environments or clusters differ: what it takes to get from the first to the second.
 *
 * @throws Error that names what is valid
 */
export function diffBetween(names: readonly [string, string], format: Format): string {
  const [from, to] = names.map(chosenCluster) as [ReturnType<typeof chosenCluster>, ReturnType<typeof chosenCluster>]
  const found = changes(manifests(from), manifests(to))
  const title = `${from.folder} -> ${to.folder}`
  return writers[format](found.length === 0 ? [] : [{ title, changes: found }])
}

/**
 * What changes against manifests that were written before, in the chosen environments.
 *
 * @throws Error when the folder has none of them
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
