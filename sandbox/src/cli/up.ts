import { startApi } from '../api.ts'
import { sandboxDir, sandboxLock, type Size } from '../checkout.ts'
import { locked } from '../lock.ts'
import { startNode } from '../node/index.ts'
import { withProgress } from '../steps.ts'
import type { Cluster } from '../types.ts'
import { openSandbox } from './running.ts'

/** Starts this checkout's sandbox of that size, or says that it runs already. */
export async function up(size: Size): Promise<void> {
  await locked(sandboxLock(), async () => {
    const running = openSandbox(size)
    if (running) console.log(`already running; ${hint(running)}`)
    else console.log(hint(await start(size)))
  })
}

function start(size: Size): Promise<Cluster> {
  const options = { dir: sandboxDir(size), name: 'chat-app-sandbox' }
  return withProgress(`sandbox (${size})`, (onProgress) =>
    size === 'api' ? startApi({ ...options, lifetime: 'detached', onProgress }) : startNode({ ...options, onProgress }),
  )
}

function hint(cluster: Cluster): string {
  return [
    `the cluster answers at ${cluster.server}. To use it:`,
    `  export KUBECONFIG=${cluster.kubeconfig}`,
    `  ${cluster.kubectl} get namespaces`,
    'To end it: npm run sandbox -- down',
  ].join('\n')
}
