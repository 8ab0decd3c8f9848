import { Listr, type ListrTask } from 'listr2'
import type { Kubectl } from '@chat-app/kubectl'
import { throttled, type Progress } from '@chat-app/sandbox-machine'
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

const MESSAGES = 1000
/** Without a terminal, the lines of one step are printed at most once in this time. */
const PLAIN_INTERVAL_MS = 2000

/**
 * Runs the steps of the demo and shows the progress of each.
 *
 * @throws the error of the first step that fails, or the reason of the signal
 */
export async function runDemo(target: Target, version: string, signal: AbortSignal): Promise<DemoResult> {
  const timer = stopwatch(signal)
  const list = new Listr<State>(
    [
      timer.step(`Kubernetes: ${target.title}`, async (state, onProgress) => {
        // A build of Kubernetes takes minutes, so its lines are printed at the longer default interval.
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
      timer.step(
        `Two users on two pods exchange ${MESSAGES} messages while one pod is deleted`,
        async (state, onProgress) => {
          state.exchange = await exchange(connected(state), { ...exchangeOptions(target, version), signal }, onProgress)
        },
      ),
    ],
    // The caller handles interrupts: listr2's listener would end the process before anything is removed.
    { concurrent: false, exitOnError: true, fallbackRenderer: 'simple', registerSignalListeners: false },
  )
  const state = await list.run({})
  if (!state.exchange) throw new Error('the demo ended before its last step')
  return { exchange: state.exchange, steps: timer.steps }
}

/** Creates steps of a list that record their duration. */
function stopwatch(signal: AbortSignal) {
  const steps: [string, number][] = []
  const step = (title: string, work: (state: State, onProgress: Progress) => Promise<void>): ListrTask<State> => ({
    title,
    task: async (state, task) => {
      const start = performance.now()
      const onProgress = throttled((text) => (task.output = text), process.stdout.isTTY, PLAIN_INTERVAL_MS)
      // After an interrupt, the error of the interrupted work is not the cause.
      await work(state, onProgress).catch((error: unknown) => Promise.reject(signal.aborted ? signal.reason : error))
      const seconds = (performance.now() - start) / 1000
      steps.push([title, seconds])
      task.title = `${title} (${seconds.toFixed(1)} s)`
    },
  })
  return { steps, step }
}

function connected(state: State): Kubectl {
  if (!state.kubectl) throw new Error('the cluster is not running')
  return state.kubectl
}

function exchangeOptions(target: Target, version: string) {
  return {
    namespace: 'chat-app',
    chatApp: 'chat-app',
    image: `${target.images.registry}/demo-users:${version}`,
    messages: MESSAGES,
    labels: { [OWN_LABEL]: 'true', 'app.kubernetes.io/name': 'demo-users' },
  }
}
