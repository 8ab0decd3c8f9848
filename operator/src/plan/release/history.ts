import { lastGood } from '@chat-app/chat/release'
import type { KubeObject } from '../../runtime/types.ts'
import { at } from '../../runtime/json.ts'
import type { Selection } from './select.ts'

/**
 * The selection with the releases that are kept: the newest `limit` former ones, and whatever their number those that run,
 * the last good one, and those whose configuration a living pod reads.
 */
export function pruned(selection: Selection, pods: readonly KubeObject[], limit: number): Selection {
  const { target, wanted, running, records } = selection
  const configs = configsIn(pods)
  const former = records.filter(({ name }) => name !== target.name)
  // Releases with the same configuration read the same ConfigMap, which the newest of them keeps.
  const readers = [...configs].map((config) => records.find(({ release }) => release.config.name === config))
  // It tells that the annotation was obeyed.
  const restarted = records.find(({ release }) => release.restart !== undefined)
  const needed = [target, wanted, running.api, running.websocket, lastGood(former), restarted, ...readers]
  const kept = new Set([...needed, ...former.slice(0, limit)].map((record) => record?.name))
  return { ...selection, records: records.filter(({ name }) => kept.has(name)) }
}

/** Names of the ConfigMaps that pods read. */
export function configsIn(pods: readonly KubeObject[]): ReadonlySet<string | undefined> {
  const volumes = pods.flatMap((pod) => at<{ configMap?: { name?: string } }[]>(pod, 'spec', 'volumes') ?? [])
  return new Set(volumes.map(({ configMap }) => configMap?.name))
}
