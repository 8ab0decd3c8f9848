import { Listr, type ListrTask } from 'listr2'
import type { Kubectl } from '@chat-app/kubectl'
import { throttled } from '@chat-app/sandbox-machine'
import { exchange } from './exchange.ts'
import { installChatApp, installPlatform, platformReady } from './install.ts'
import { OWN_LABEL } from './objects.ts'
import type { Exchange } from './report.ts'
import type { Target } from './target.ts'

export interface DemoResult {
  readonly exchange: Exchange
  /** Seconds that each step took, in order. */
  readonly steps: readonly (readonly [string, number])[]
}

interface State {
  kubectl?: Kubectl
  exchange?: Exchange
}

type Say = (text: string) => void

const MESSAGES = 1000
/** Without a terminal a line that only counts on is printed once in this time. */
const PLAIN_INTERVAL_MS = 2000

/** The demo's steps; each shows what it waits for. Throws what the first failing step throws; the signal ends the one that runs. */
export async function runDemo(target: Target, version: string, signal: AbortSignal): Promise<DemoResult> {
  const timer = stopwatch(signal)
  const list = new Listr<State>(
    [
      timer.step(`Kubernetes: ${target.title}`, async (state, onProgress) => {
        // A build of Kubernetes counts for minutes: those lines are throttled by their own, longer time.
        const kubectl = await target.start(throttled(onProgress), signal)
        state.kubectl = (args, run) => kubectl(args, { signal, ...run })
      }),
      timer.step('CRD, operator, MariaDB, Redis Cluster', async (state, onProgress) => {
        await installPlatform(connected(state), target.images, onProgress)
        await platformReady(connected(state), onProgress)
      }),
      timer.step('ChatApp: kubectl apply -f examples/chatapp.yaml', (state, onProgress) =>
        installChatApp(connected(state), target.images, onProgress),
      ),
      timer.step(`Two users on two pods exchange ${MESSAGES} MESSAGES while one pod is deleted`, async (state, onProgress) => {
        state.exchange = await exchange(connected(state), { ...exchangeOptions(target, version), signal }, onProgress)
      }),
    ],
    // What an interrupt ends is the caller's: listr2 would end the process before anything is removed.
    { concurrent: false, exitOnError: true, fallbackRenderer: 'simple', registerSignalListeners: false },
  )
  const state = await list.run({})
  if (!state.exchange) throw new Error('the demo ended before its last step')
  return { exchange: state.exchange, steps: timer.steps }
}

/** Makes steps of a list that note how long they took. */
function stopwatch(signal: AbortSignal) {
  const steps: [string, number][] = []
  const step = (title: string, work: (state: State, onProgress: Say) => Promise<void>): ListrTask<State> => ({
    title,
    task: async (state, task) => {
      const start = performance.now()
      const onProgress = throttled((text) => (task.output = text), process.stdout.isTTY, PLAIN_INTERVAL_MS)
      // What an interrupt breaks off has errors of its own, which would only hide why.
      await work(state, onProgress).catch((error: unknown) => Promise.reject(signal.aborted ? signal.reason : error))
      const seconds = (performance.now() - start) / 1000
      steps.push([title, seconds])
      task.title = `${title} (${seconds.toFixed(1)} s)`
    },
  })
  return { steps, step }
}

function connected(state: State): Kubectl {
  if (!state.kubectl) throw new Error('the cluster is not up')
  return state.kubectl
}

function exchangeOptions(target: Target, version: string) {
  return {
    namespace: 'chat-app',
    chatApp: 'chat-app',
    image: `${target.images.registry}/demo-users:${version}`,
    MESSAGES,
    labels: { [OWN_LABEL]: 'true', 'app.kubernetes.io/name': 'demo-users' },
  }
}
