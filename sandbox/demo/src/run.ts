import { showSteps } from '@chat-app/cli'
import type { Kubectl } from '@chat-app/kubectl'
import type { Progress } from '@chat-app/sandbox-machine'
import { exchange } from './exchange.ts'
import { installChatApp, installPlatform, platformReady } from './install.ts'
import { OWN_LABEL } from './objects.ts'
import type { Exchange } from './report.ts'
import type { Target } from './target.ts'

const STEPS = 4
const MESSAGES = 1000

/**
 * Runs the steps of the demo and shows the progress and the duration of each.
 *
 * @throws the error of the first step that fails, or the reason of the signal
 */
export async function runDemo(target: Target, version: string, signal: AbortSignal): Promise<Exchange> {
  const steps = showSteps()
  // After an interrupt, the error of the interrupted work is not the cause.
  const step = <T>(title: string, work: (onProgress: Progress) => Promise<T>): Promise<T> =>
    steps.run(title, STEPS, work).catch((error: unknown) => Promise.reject(signal.aborted ? signal.reason : error))
  try {
    const connected = await step(`Kubernetes: ${target.title}`, (onProgress) => target.start(onProgress, signal))
    const kubectl: Kubectl = (args, run) => connected(args, { signal, ...run })
    await step('CRD, operator, MariaDB, Redis Cluster', async (onProgress) => {
      await installPlatform(kubectl, target.images, onProgress)
      await platformReady(kubectl, onProgress)
    })
    await step('ChatApp: kubectl apply -f examples/chatapp.yaml', (onProgress) =>
      installChatApp(kubectl, target.images, onProgress),
    )
    return await step(`Two users on two pods exchange ${MESSAGES} messages while one pod is deleted`, (onProgress) =>
      exchange(kubectl, { ...exchangeOptions(target, version), signal }, onProgress),
    )
  } finally {
    steps.end()
  }
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
