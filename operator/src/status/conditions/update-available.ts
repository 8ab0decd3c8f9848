import type { Observed } from '../../observe/observed.ts'
import { time } from '../../runtime/time.ts'
import type { State } from '../verdict.ts'

/** Whether this operator would render the pods differently; undefined when it would not. */
export function updateAvailable(observed: Observed): State | undefined {
  const { update = [] } = observed.release ?? {}
  if (update.length === 0) return undefined
  const { reason, message } = takenBy(observed)
  return {
    status: 'True',
    reason,
    message: `this operator would change ${update.join(', ')}: ${message}; the next release brings it in any case`,
  }
}

/** With `Auto` an update is only available while it waits for a window. */
function takenBy({ release, model }: Observed): Pick<State, 'reason' | 'message'> {
  const annotation = 'a new value of the annotation chat-app.com/update takes that'
  if (model.spec.rollout.operatorUpdates === 'Manual')
    return { reason: 'UpdateAvailable', message: `${annotation}, as does spec.rollout.operatorUpdates: Auto` }
  if (release?.updateAtMs === undefined)
    return {
      reason: 'NoWindow',
      message: `no window of spec.rollout.schedule is as long as a WebSocket pod may drain: raise durationMinutes; ${annotation} at once`,
    }
  const at = time(new Date(release.updateAtMs))
  return {
    reason: 'WaitingForWindow',
    message: `it waits for spec.rollout.schedule until ${at}; ${annotation} at once`,
  }
}
