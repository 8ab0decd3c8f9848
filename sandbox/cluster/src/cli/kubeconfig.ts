import { runningSandboxes } from './running.ts'

/** Prints only the path, for `$(...)`. If both sizes run, it is the path of the node's kubeconfig. */
export function printKubeconfig(): void {
  const [sandbox] = runningSandboxes().toReversed()
  if (!sandbox) throw new Error('no sandbox of this checkout is running; start one: npm run sandbox -- up')
  console.log(sandbox.cluster.kubeconfig)
}
