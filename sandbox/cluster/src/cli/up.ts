import { startApi } from '../control-plane/api.ts'
import { sandboxDir, sandboxLock, type Size } from '../checkout.ts'
import { withProgress } from '@chat-app/cli'
import { locked } from '@chat-app/sandbox-machine'
import { startNode } from '../node/start.ts'
import type { Cluster } from '../cluster.ts'
import { openSandbox, removeSandbox } from './running.ts'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Starts this checkout's sandbox of the size, unless it is running. Prints how to use it. */
export async function up(size: Size): Promise<void> {
  await locked(sandboxLock(), async () => {
    const running = openSandbox(size)
    if (running) console.log(`already running; ${hint(running)}`)
    else console.log(hint(await removedWhenInterrupted(size, () => start(size))))
  })
}

/** If the start is interrupted, removes the partly started cluster. */
async function removedWhenInterrupted<T>(size: Size, work: () => Promise<T>): Promise<T> {
  let isRemoving = false
  const onSignal = (): void => {
    // A second signal must not end the removal: one Ctrl-C can arrive twice.
    if (isRemoving) return
    isRemoving = true
    console.error('\ninterrupted: removing the partly started sandbox')
    void removeSandbox(size).finally(() => process.exit(130))
  }
  for (const signal of SIGNALS) process.on(signal, onSignal)
  try {
    return await work()
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal)
  }
}

function start(size: Size): Promise<Cluster> {
  const options = { dir: sandboxDir(size), name: 'chat-app-sandbox' }
  return withProgress<Cluster>(`sandbox (${size})`, (onProgress) =>
    size === 'api' ? startApi({ ...options, lifetime: 'detached', onProgress }) : startNode({ ...options, onProgress }),
  )
}

function hint(cluster: Cluster): string {
  return [
    `the API server is at ${cluster.server}. To use the cluster:`,
    `  export KUBECONFIG=${cluster.kubeconfig}`,
    `  ${cluster.kubectl} get namespaces`,
    'To end it: npm run sandbox -- down',
  ].join('\n')
}
