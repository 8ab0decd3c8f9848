import { setTimeout as sleep } from 'node:timers/promises'
import type { ProofConfig } from '../config/proof.ts'
import type { Dependencies } from './dependencies.ts'
import type { Excuses } from './excuses.ts'
import { inconclusive, type Judgement } from './judge.ts'
import type { User } from './user.ts'

export interface EnterOptions {
  readonly proof: ProofConfig
  readonly excuses: Excuses
  readonly dependencies: Dependencies
  readonly isOver: () => boolean
}

/** How long the users may take to join while the dependencies answer; at most a third of the time of the proof. */
const ENTER_MS = 60_000
const POLL_MS = 100

/** Waits until all users have joined. Returns the verdict if they cannot. */
export async function enter(users: readonly User[], options: EnterOptions): Promise<Judgement | undefined> {
  const { proof, excuses, dependencies, isOver } = options
  const limitMs = Math.min(ENTER_MS, proof.timeoutMs / 3)
  const startedAt = performance.now()
  for (;;) {
    const outside = users.filter(({ isIn }) => !isIn)
    if (outside.length === 0) return undefined
    if (outside.some(({ isUnknown, site }) => isUnknown && site === proof.running)) {
      return { verdict: 'Skipped', message: 'the release that runs is older than users of a proof, and knows none' }
    }
    const now = performance.now()
    const wellMs = now - startedAt - excuses.overlapMs(startedAt, now)
    if (!isOver() && wellMs < limitMs) await sleep(POLL_MS)
    else if (dependencies.failure !== undefined) return inconclusive(dependencies.failure)
    else return blame(outside, proof, wellMs, wellMs >= limitMs)
  }
}

/** It is the fault of the new release only if all others could join. */
function blame(outside: readonly User[], { fresh }: ProofConfig, wellMs: number, isCertain: boolean): Judgement {
  const user = outside.find(({ site }) => site !== fresh) ?? outside[0]
  const places = `${user?.site.api} and ${user?.site.webSocket}`
  const message = `no user could join at ${places} for ${Math.round(wellMs / 1000)} s: ${user?.failure}`
  return user?.site === fresh && isCertain ? { verdict: 'Failed', message } : inconclusive(message)
}
