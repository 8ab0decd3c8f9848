import { openNode, sandboxDir } from '@chat-app/sandbox-cluster'
import { kubectl } from '@chat-app/kubectl'
import { startPageAddress } from '@chat-app/sandbox-servers'

/**
 * Serves the page of a kept demo at an address of this machine, until Ctrl-C.
 *
 * @throws Error if no sandbox is running, or it has no demo
 */
export async function servePage(): Promise<void> {
  const running = openNode(sandboxDir('node'))
  if (!running) throw new Error('no demo is running: start one with npm run demo -- --keep')
  const run = kubectl({ binary: running.kubectl, kubeconfig: running.kubeconfig })
  const address = async (service: string) =>
    `${await run(['get', 'service', service, '-n', 'chat-app', '-o', 'jsonpath={.spec.clusterIP}'])}:80`
  const [api, websocket] = await Promise.all([address('chat-app-api'), address('chat-app-websocket')])
  const proxy = await startPageAddress({ api, websocket })
  console.log(`The page: ${proxy.url}\nOpen it in two windows. Ctrl-C ends this address; the demo goes on.`)
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve())
  })
  await proxy.stop()
}
