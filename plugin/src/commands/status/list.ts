import { conditionIn } from '@chat-app/chat/object-conditions'
import type { StoredChatApp } from '../../cluster/objects.ts'
import { sinceTime } from '../../text/duration.ts'
import { plain } from '../../text/plain.ts'
import { table } from '../../text/table.ts'
import { readiness } from './report.ts'
import type { Look } from './render.ts'

const HEAD = ['NAMESPACE', 'NAME', 'READY', 'API', 'WS', 'VERSION', 'RELEASE', 'AGE', 'WHY']

/** A line for each ChatApp. */
export function renderList(chatApps: readonly StoredChatApp[], { paint, now }: Look): string[] {
  const rows = chatApps.map((chatApp) => {
    const { metadata, status = {} } = chatApp
    const { ready, isStalled } = readiness(chatApp)
    const condition = conditionIn(status.conditions, 'Ready')
    const colour = ready === 'True' ? 'green' : isStalled ? 'red' : 'yellow'
    const why = condition?.status === 'True' ? '' : `: ${plain(condition?.message ?? 'no status yet')}`
    return [
      metadata.namespace,
      metadata.name,
      paint(colour, ready),
      status.api?.summary ?? '-',
      status.websocket?.summary ?? '-',
      status.version ?? '-',
      String(status.revision ?? '-'),
      sinceTime(metadata.creationTimestamp, now),
      `${plain(condition?.reason ?? '')}${why}`,
    ]
  })
  return table([HEAD, ...rows])
}

/** What a program reads of each ChatApp. */
export function listReport(chatApps: readonly StoredChatApp[]): object[] {
  return chatApps.map((chatApp) => {
    const { metadata, spec, status = {} } = chatApp
    const { name, namespace } = metadata
    return { name, namespace, ...readiness(chatApp), paused: spec.paused, hibernated: spec.hibernated, status }
  })
}
