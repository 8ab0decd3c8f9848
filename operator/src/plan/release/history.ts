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
  const kept = new Set(
    [target, wanted, running.api, running.websocket, lastGood(former), ...former.slice(0, limit)].map(
      (record) => record?.name,
    ),
  )
  return {
    ...selection,
    records: records.filter(({ name, release }) => kept.has(name) || configs.has(release.config.name)),
  }
}

/** Names of the ConfigMaps that pods read. */
export function configsIn(pods: readonly KubeObject[]): ReadonlySet<string | undefined> {
  const volumes = pods.flatMap((pod) => at<{ configMap?: { name?: string } }[]>(pod, 'spec', 'volumes') ?? [])
  return new Set(volumes.map(({ configMap }) => configMap?.name))
}
