import { conditionIn } from '@chat-app/chat/object-conditions'
import type { ContainerStatus, Pod } from '../../cluster/objects.ts'
import { ok, type State } from './state.ts'

/** What a pod does before it has ever run. */
const STARTING = new Set(['ContainerCreating', 'PodInitializing'])

export function podState(pod: Pod): State {
  const { metadata, status = {} } = pod
  if (metadata.deletionTimestamp !== undefined) return { is: 'ending', text: 'stops', since: endingSince(pod) }
  if (status.phase === 'Succeeded') return ok('completed')
  const created = metadata.creationTimestamp
  if (status.phase === 'Failed') {
    const text = [status.reason, status.message].filter(Boolean).join(': ') || lastEnd(status.containerStatuses ?? [])
    return { is: 'failed', text: `failed: ${text}` }
  }
  const scheduled = conditionIn(status.conditions, 'PodScheduled')
  if (scheduled?.status === 'False') {
    const why = scheduled.message ?? scheduled.reason ?? ''
    return { is: 'waiting', text: `no node takes it: ${why}`, since: scheduled.lastTransitionTime ?? created }
  }
  const ready = conditionIn(status.conditions, 'Ready')
  if (ready?.status === 'True') return ok('ready', ready.lastTransitionTime)
  const containers = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])]
  const since = ready?.lastTransitionTime ?? created
  const stuck = containers.find(
    ({ state }) => state?.waiting !== undefined && !STARTING.has(state.waiting.reason ?? ''),
  )
  if (stuck !== undefined) return { is: 'failed', text: stuckText(stuck), since }
  if (containers.some(({ state }) => state?.running !== undefined)) return { is: 'waiting', text: 'not ready', since }
  return { is: 'waiting', text: 'its containers start', since: created }
}

/** When the deletion of a pod was asked for; the API server stores the end of its grace period. */
export function endingSince({ metadata: { deletionTimestamp, deletionGracePeriodSeconds = 0 } }: Pod): string {
  const endMs = Date.parse(deletionTimestamp ?? '')
  return new Date(endMs - deletionGracePeriodSeconds * 1000).toISOString().replace('.000Z', 'Z')
}

function stuckText({ name, restartCount = 0, state, lastState }: ContainerStatus): string {
  const { reason = 'waits', message = '' } = state?.waiting ?? {}
  const ended = lastState?.terminated
  const last = ended === undefined ? message : `exit code ${ended.exitCode}: ${lastLine(ended.message) || ended.reason}`
  const restarts = restartCount === 0 ? '' : ` (${restartCount} restarts)`
  return `container ${name}: ${reason}${restarts}${last === '' ? '' : `: ${last}`}`
}

function lastEnd(containers: readonly ContainerStatus[]): string {
  const ended = containers.find(({ state }) => (state?.terminated?.exitCode ?? 0) !== 0)
  if (ended?.state?.terminated === undefined) return 'no reason is known'
  const { exitCode, message } = ended.state.terminated
  return `container ${ended.name}, exit code ${exitCode}${message === undefined ? '' : `: ${lastLine(message)}`}`
}

function lastLine(text = ''): string {
  return text.trim().split('\n').at(-1) ?? ''
}
