import type { Observed } from '../../observe/observed.ts'
import type { Verdict } from '../verdict.ts'

/** Whether this operator would render the pods differently; undefined when it would not. */
export function updateAvailable({ release }: Observed): Verdict | undefined {
  if (release === undefined || release.update.length === 0) return undefined
  const message = `this operator would change ${release.update.join(', ')}: a new value of the annotation chat-app.com/update takes that, as does spec.rollout.operatorUpdates: Auto; the next release brings it in any case`
  return { type: 'UpdateAvailable', status: 'True', reason: 'UpdateAvailable', message }
}
