import { showSteps, type Steps } from '@chat-app/cli'
import { killIn, startReference, type Fault, type Outcome, type Reference } from '@chat-app/operator/testing/crash'
import { startApi } from '@chat-app/sandbox-cluster'
import { installChatApps } from '@chat-app/sandbox-cluster/testing/setup'
import { mkdtempSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { Tally } from './tally.ts'

/**
 * Kills the operator before and after each write that it makes to create, scale, upgrade, roll back, rotate and delete a
 * ChatApp on a real API server, and prints a table of what each kill came to.
 *
 * @throws Error when a run does not end in the state that it has without a kill, or not in time
 */
export async function crash(): Promise<void> {
  const steps = showSteps()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
  const dir = mkdtempSync(join(tmpdir(), 'bench-crash-'))
  const cluster = await startApi({ dir, name: 'crash', onProgress: steps.detail })
  try {
    await installChatApps(cluster.kubeconfig)
    const reference = startReference(cluster.kubeconfig)
    const tally = new Tally(await writesOf(reference))
    const next = faults()
    // They wait for rollouts most of the time.
    const workers = Array.from({ length: 2 * availableParallelism() }, () =>
      killUntilDone({ kubeconfig: cluster.kubeconfig, reference, tally, steps, next }),
    )
    await Promise.all(workers)
    steps.print(tally.table())
    if (tally.isFailed) throw new Error('the operator does not survive every kill; see above')
  } finally {
    steps.end()
    await cluster.stop()
  }
}

async function writesOf(reference: Reference): Promise<ReadonlyMap<string, number>> {
  const ends = [...reference].map(async ([step, end]) => [step, (await end).writes] as const)
  return new Map(await Promise.all(ends))
}

/** Before the first write, after it, before the second one, and so on. */
function faults(): () => Fault {
  let taken = 0
  return () => {
    const at = 1 + Math.floor(taken / 2)
    return { at, when: taken++ % 2 === 0 ? 'before' : 'after' }
  }
}

interface Work {
  readonly kubeconfig: string
  readonly reference: Reference
  readonly tally: Tally
  readonly steps: Steps
  readonly next: () => Fault
}

/** Takes all steps with a kill at the same write of each, again and again, until no step has so many writes. */
async function killUntilDone({ kubeconfig, reference, tally, steps, next }: Work): Promise<void> {
  while (!tally.isDone) {
    const fault = next()
    const onOutcome = (outcome: Outcome): void => {
      tally.add(outcome)
      steps.next(`${outcome.step}, killed ${fault.when} write ${fault.at}`, tally.total)
    }
    const faultOf = (step: string): Fault | undefined => (tally.isExhausted(step) ? undefined : fault)
    await killIn(kubeconfig, reference, faultOf, onOutcome).catch((error: unknown) => {
      tally.fail()
      steps.print(error instanceof Error ? error.message : String(error))
    })
  }
}
