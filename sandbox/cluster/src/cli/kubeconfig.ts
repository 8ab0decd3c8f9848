import { runningSandboxes } from './running.ts'

/** Prints the path alone, for `$(...)`; of the node when both sizes run. */
export function printKubeconfig(): void {
  const [sandbox] = runningSandboxes().toReversed()
  if (!sandbox) throw new Error('no sandbox of this checkout runs; start one: npm run sandbox -- up')
  console.log(sandbox.cluster.kubeconfig)
}
