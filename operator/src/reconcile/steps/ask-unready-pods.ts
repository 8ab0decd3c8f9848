import { askHealth, unreadyPods } from '../../observe/health.ts'
import type { Reconciliation } from '../operator.ts'

/** An unready pod is asked again after this time: most of what it waits for is over by then. */
const ASK_AGAIN_MS = 3000

/** Asks the pods that run and are not ready for the reason. While there are none, nothing is sent. */
export async function askUnreadyPods(run: Reconciliation): Promise<void> {
  const { operator, chatApp } = run
  const pods = unreadyPods(operator.world.pods(chatApp))
  if (pods.length === 0) return
  run.againMs.push(ASK_AGAIN_MS)
  run.health = await askHealth(pods, operator.askPod)
}
