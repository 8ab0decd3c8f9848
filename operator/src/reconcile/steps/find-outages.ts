import { outagesIn, unreadyPods, type Outages } from '../../observe/health.ts'
import { keyOf } from '../../runtime/types.ts'
import type { Subject } from '../operator.ts'

/** Finds what the pods that run and are not ready have answered so far. They are asked beside the reconciliations. */
export function findOutages({ operator, chatApp }: Subject): Outages {
  const pods = operator.world.pods(chatApp)
  return outagesIn(operator.podAsker.answers(keyOf(chatApp), unreadyPods(pods)), pods, operator.now())
}
