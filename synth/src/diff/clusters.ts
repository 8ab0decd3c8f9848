import type { ManifestFile } from '@chat-app/platform'
import { canonical } from '@chat-app/chat'
import { changes, type Change } from './compare.ts'
import type { Bundle } from './read.ts'

/** The changes of one or more clusters that change alike. */
export interface ClusterChanges {
  /** The heading of the list: the folders of the clusters. */
  readonly title: string
  /** For a cluster that is new or removed: how many objects it has. */
  readonly whole?: { readonly is: 'new' | 'gone'; readonly objects: number }
  readonly changes: readonly Change[]
}

/** The changes of each cluster that differs; clusters with equal changes are one entry. */
export function compareBundles(before: Bundle, after: Bundle): ClusterChanges[] {
  const folders = [...new Set([...after.keys(), ...before.keys()])]
  const found = folders.map((folder) => compareCluster(folder, before.get(folder), after.get(folder)))
  const differing = found.filter(({ whole, changes }) => whole !== undefined || changes.length > 0)
  return merged(differing)
}

function compareCluster(
  title: string,
  before: readonly ManifestFile[] | undefined,
  after: readonly ManifestFile[] | undefined,
): ClusterChanges {
  const count = (files: readonly ManifestFile[]) => files.reduce((sum, { objects }) => sum + objects.length, 0)
  if (before === undefined) return { title, whole: { is: 'new', objects: count(after ?? []) }, changes: [] }
  if (after === undefined) return { title, whole: { is: 'gone', objects: count(before) }, changes: [] }
  return { title, changes: changes(before, after) }
}

function merged(found: readonly ClusterChanges[]): ClusterChanges[] {
  const alike = Map.groupBy(found, ({ whole, changes }) => canonical({ whole, changes }))
  return [...alike.values()].map((group) => ({
    ...(group[0] as ClusterChanges),
    title: group.map(({ title }) => title).join(', '),
  }))
}
