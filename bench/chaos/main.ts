import { showSteps } from '@chat-app/cli'
import { chaos as runChaos, type ChaosOutcome } from '@chat-app/services/testing'

export interface ChaosSettings {
  readonly seed: number
  readonly actions: number
  readonly faults: number
  readonly seconds: number
}

const REDIS = ['cluster', 'sentinel'] as const
const SIZE = { apiProcesses: 1, websocketProcesses: 3, rooms: 10, users: 20, inFlight: 12, roundSeconds: 60 }

/**
 * Lets users act while everything breaks, one half of the actions and faults over a Redis Cluster, and the other half
 * over Sentinel. Prints how many actions and faults there were.
 *
 * @throws Error with the seed and the first contradiction
 */
export async function chaos({ seed, actions, faults, seconds }: ChaosSettings): Promise<void> {
  const steps = showSteps()
  try {
    for (const redis of REDIS) {
      steps.next(`Redis ${redis}, seed ${seed}`, REDIS.length)
      const parts = REDIS.length
      const options = {
        ...SIZE,
        seed,
        redis,
        actions: actions / parts,
        faults: faults / parts,
        seconds: seconds / parts,
      }
      const outcome = await runChaos(options, (progress) => {
        const { acknowledged, faults: begun, seconds: passed } = progress
        steps.detail(
          `${acknowledged} of ${options.actions} actions, ${begun} of ${options.faults} faults, ${Math.floor(passed)} of at most ${options.seconds} s`,
        )
      })
      steps.print(report(`Redis ${redis}, seed ${seed}`, outcome))
    }
  } catch (error) {
    throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error })
  } finally {
    steps.end()
  }
}

function report(title: string, outcome: ChaosOutcome): string {
  const { actions, faults, deliveries, reconnects, rounds, seconds } = outcome
  const acknowledged = [...actions.values()].reduce((sum, counts) => sum + counts.acknowledged, 0)
  const made = [...faults.values()].reduce((sum, count) => sum + count, 0)
  const row = (name: string, ...numbers: number[]) =>
    `  ${name.padEnd(50)}${numbers.map((number) => String(number).padStart(10)).join('')}`
  return [
    `${title}: ${Math.round(seconds)} s, ${rounds} rounds, ${reconnects} reconnects`,
    `${acknowledged} acknowledged actions (${Math.round(acknowledged / seconds)} a second), ${made} faults, ${deliveries} deliveries: 0 lost, 0 repeated, 0 out of order`,
    `  ${'action'.padEnd(50)}      sent     acked   refused`,
    ...[...actions].map(([kind, counts]) => row(kind, counts.sent, counts.acknowledged, counts.refused)),
    `  ${'fault'.padEnd(50)}     times`,
    ...[...faults].toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([name, count]) => row(name, count)),
  ].join('\n')
}
