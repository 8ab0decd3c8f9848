import { runCommand, unknownName, usageError, readArguments, type Command } from '@chat-app/cli'
import { chaos } from './chaos/main.ts'
import { connections } from './connections/main.ts'
import { crash } from './crash/main.ts'
import { fanout, type FanoutOptions } from './fanout/main.ts'
import { fanoutOptions } from './fanout/options.ts'
import { operator } from './operator/main.ts'
import { persist } from './persist/main.ts'
import { hostile } from './hostile/main.ts'
import { rebalance } from './rebalance/main.ts'
import { releases } from './releases/main.ts'
import { rollouts } from './rollouts/main.ts'
import { sync } from './sync/main.ts'
import { DEFAULT_RUNS, MAX_RUNS, synth } from './synth/main.ts'

const MAX_SEED = 2 ** 31

interface Options {
  readonly runs: number
  readonly before: string | undefined
  readonly fanout: FanoutOptions
  readonly seed: number
  readonly actions: number
  readonly faults: number
  readonly seconds: number
  readonly frames: number
  readonly requests: number
  readonly slowClients: number
  readonly chatApps: number
  readonly idleSeconds: number
}

const benchmarks: Readonly<Record<string, (options: Options) => Promise<void>>> = {
  chaos,
  connections,
  crash,
  fanout: (options) => fanout(options.fanout),
  operator,
  persist,
  hostile,
  rebalance,
  releases: ({ before }) => {
    if (before === undefined)
      throw usageError(command, 'releases needs --before REV: the revision to run beside this one')
    return releases(before)
  },
  rollouts,
  sync,
  synth: ({ runs }) => synth(runs),
}

const command = {
  name: 'npm run bench',
  usage: [
    '-- NAME [--runs N] [--before REV]',
    '-- chaos [--seed N] [--actions N] [--faults N] [--seconds N]',
    '-- fanout [--rooms N,N] [--rounds N] [--seconds N] [--rate N] [--quick]',
    '-- hostile [--seed N] [--frames N] [--requests N] [--slow-clients N]',
  ],
  about: ['Runs one measurement, and prints a table.'],
  names: {
    title: 'Benchmarks',
    help: {
      chaos:
        'users act while the database, Redis and the processes break, and everything is compared; about 40 minutes on 2 cores',
      connections: 'what a connection costs, beside Socket.IO and centrifuge; about 2 minutes on 2 cores, on Linux',
      crash: 'kills the operator before and after each of its writes; about 40 minutes on 2 cores',
      fanout: 'delivers messages beside Socket.IO and centrifuge; about 15 minutes on 2 cores, on Linux',
      operator:
        'creates, changes and leaves alone 50 ChatApps on a real API server with simulated pods; about 4 minutes on 2 cores',
      persist: 'stores messages in batches, beside one a transaction and bare inserts; about 2 minutes on 2 cores',
      hostile:
        'attacks an API and a WebSocket process with frames, requests, slow clients and floods; about 20 minutes on 2 cores',
      rebalance: 'adds WebSocket processes under 2,000 clients; about 15 minutes',
      releases: 'runs another revision and this one side by side under load; about 3 minutes',
      rollouts:
        'rolls out five releases on real pods under 2,000 clients; about 20 minutes on 2 cores, as root on Linux',
      sync: 'kills the WebSocket process of 2,000 clients that follow 200 rooms each; about 5 minutes on 2 cores',
      synth: 'renders all environments with npm run synth, Helm, the cdk8s CLI with ts-node, and Kustomize, in turns',
    },
  },
  options: {
    runs: {
      value: 'N',
      help: `measured runs of each program of synth, 1 to ${MAX_RUNS}`,
      default: String(DEFAULT_RUNS),
    },
    seed: { value: 'N', help: 'chaos, hostile: chooses what happens; a failed run names it', default: 'random' },
    actions: { value: 'N', help: 'chaos: acknowledged actions after which it ends', default: '1000000' },
    faults: { value: 'N', help: 'chaos: faults that it makes', default: '300' },
    seconds: {
      value: 'N',
      help: 'chaos: time after which it ends in any case; fanout: how long each load is offered',
      default: '3600, and 4 for fanout',
    },
    frames: { value: 'N', help: 'hostile: frames that are sent', default: '1000000' },
    requests: { value: 'N', help: 'hostile: requests that are sent', default: '100000' },
    'slow-clients': { value: 'N', help: 'hostile: clients that read or send slowly', default: '2000' },
    'chat-apps': { value: 'N', help: 'operator: ChatApps that are created at once', default: '50' },
    'idle-seconds': { value: 'N', help: 'operator: how long there is nothing to do', default: '60' },
    before: { value: 'REV', help: 'the revision that releases runs beside this one' },
    rooms: { value: 'N,N', help: 'fanout: clients of a room, each a divisor of 1000', default: '20,100,1000' },
    rounds: { value: 'N', help: 'fanout: rounds', default: '5' },
    rate: {
      value: 'N',
      help: 'fanout: messages a second that are offered; else 70 % of what the slowest server sustains',
    },
    quick: { help: 'fanout: one short round with rooms of 100, which shows that it works' },
  },
  exitCodes: {
    0: 'the table is printed; its targets may be met or missed',
    1: 'an argument is wrong, a program failed, or something was not survived',
  },
  examples: {
    'npm run bench -- chaos --seed 7 --actions 10000 --faults 20 --seconds 300': 'a short run that can be repeated',
    'npm run bench -- synth --runs 3': 'fewer runs',
    'npm run bench -- releases --before v0.1.0': 'beside the release 0.1.0',
  },
} as const satisfies Command

await runCommand(command, async (args) => {
  const { values, names } = readArguments(command, args)
  const [name, ...others] = names
  const valid = Object.keys(benchmarks)
  if (name === undefined) throw usageError(command, `name a benchmark: ${valid.join(', ')}`)
  const benchmark = benchmarks[name]
  if (benchmark === undefined) throw usageError(command, unknownName('benchmark', name, valid))
  if (others.length > 0) throw usageError(command, `unexpected argument "${others[0]}": one benchmark runs at a time`)
  await benchmark({
    runs: runsOf(values.runs),
    before: values.before,
    seed: countOf('seed', values.seed, Math.floor(Math.random() * MAX_SEED)),
    actions: countOf('actions', values.actions, 1_000_000),
    faults: countOf('faults', values.faults, 300),
    seconds: countOf('seconds', values.seconds, 3600),
    frames: countOf('frames', values.frames, 1_000_000),
    requests: countOf('requests', values.requests, 100_000),
    slowClients: countOf('slow-clients', values['slow-clients'], 2000),
    chatApps: countOf('chat-apps', values['chat-apps'], 50),
    idleSeconds: countOf('idle-seconds', values['idle-seconds'], 60),
    fanout: fanoutOptions(values, (message) => usageError(command, message)),
  })
})

/** @throws Error with the usage when the text is not an integer from 1 on */
function countOf(option: string, text: string | undefined, otherwise: number): number {
  const count = text === undefined ? otherwise : Number(text)
  if (Number.isSafeInteger(count) && count >= 1) return count
  throw usageError(command, `--${option} ${JSON.stringify(text)}: must be an integer from 1 on`)
}

/** @throws Error with the usage when the text is not an integer from 1 to MAX_RUNS */
function runsOf(text = String(DEFAULT_RUNS)): number {
  const runs = Number(text)
  if (Number.isInteger(runs) && runs >= 1 && runs <= MAX_RUNS) return runs
  throw usageError(command, `--runs ${JSON.stringify(text)}: must be an integer from 1 to ${MAX_RUNS}`)
}
