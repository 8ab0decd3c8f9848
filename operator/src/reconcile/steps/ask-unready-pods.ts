import { askHealth, unreadyPods, type Health } from '../../observe/health.ts'
import type { Subject } from '../operator.ts'

/** Asks the pods that run and are not ready why they are not. Sends nothing when there are none. */
export async function askUnreadyPods({ operator, chatApp }: Subject): Promise<{
  health: readonly Health[]
  hasUnreadyPods: boolean
}> {
  const pods = unreadyPods(operator.world.pods(chatApp))
  return { health: await askHealth(pods, operator.askPod), hasUnreadyPods: pods.length > 0 }
}
