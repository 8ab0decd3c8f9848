import { Listr } from 'listr2'
import type { ListrTask } from 'listr2'
import type { Kubectl } from '../kubectl.ts'
import { exchange } from './exchange.ts'
import { installChatApp, installPlatform, platformReady } from './install.ts'
import { ownLabel } from './objects.ts'
import type { Exchange } from './report.ts'
import type { Target } from './target.ts'

export interface DemoResult {
  readonly kubectl: Kubectl
  readonly exchange: Exchange
  /** Seconds that each step took, in order. */
  readonly steps: readonly (readonly [string, number])[]
}

interface State {
  kubectl?: Kubectl
  exchange?: Exchange
}

const messages = 1000

/** The demo's steps; each shows what it waits for. Throws what the first failing step throws. */
export async function runDemo(target: Target, version: string): Promise<DemoResult> {
  const steps: [string, number][] = []
  const step = (
    title: string,
    work: (state: State, say: (text: string) => void) => Promise<void>,
  ): ListrTask<State> => ({
    title,
    task: async (state, task) => {
      const start = performance.now()
      await work(state, (text) => (task.output = text))
      const seconds = (performance.now() - start) / 1000
      steps.push([title, seconds])
      task.title = `${title} (${seconds.toFixed(1)} s)`
    },
  })
  const list = new Listr<State>(
    [
      step(`Kubernetes: ${target.title}`, async (state, say) => void (state.kubectl = await target.start(say))),
      step('CRD, operator, MariaDB, Redis Cluster', async (state, say) => {
        await installPlatform(connected(state), target.images, say)
        await platformReady(connected(state), say)
      }),
      step('ChatApp: kubectl apply -f examples/chatapp.yaml', (state, say) =>
        installChatApp(connected(state), target.images, say),
      ),
      step(`Two users on two pods exchange ${messages} messages while one pod is deleted`, async (state, say) => {
        state.exchange = await exchange(connected(state), exchangeOptions(target, version), say)
      }),
    ],
    { concurrent: false, exitOnError: true, fallbackRenderer: 'simple', rendererOptions: { collapseSubtasks: false } },
  )
  const state = await list.run({})
  if (!state.kubectl || !state.exchange) throw new Error('the demo ended before its last step')
  return { kubectl: state.kubectl, exchange: state.exchange, steps }
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
    messages,
    labels: { [ownLabel]: 'true', 'app.kubernetes.io/name': 'demo-users' },
  }
}
