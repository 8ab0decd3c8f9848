import { setTimeout as sleep } from 'node:timers/promises'
import type { Kubectl } from './kubectl.ts'

const RETRY_MS = 200

/**
 * Waits until CRDs are established: until then the API server does not serve their resources. `kubectl wait` alone
 * fails for a CRD without conditions ("accessor error: <nil> is of the type <nil>"), so that error is retried.
 *
 * @param definitions the CRDs as kubectl names them, such as `crd/chatapps.chat-app.com`
 * @param seconds time limit
 * @throws KubectlError when a CRD is not established in time
 */
export async function established(kubectl: Kubectl, definitions: readonly string[], seconds: number): Promise<void> {
  const deadline = performance.now() + seconds * 1000
  const wait = ['wait', '--for=condition=Established', ...definitions, `--timeout=${seconds}s`]
  for (;;) {
    try {
      await kubectl(wait, { timeoutMs: (seconds + 10) * 1000 })
      return
    } catch (error) {
      if (!String(error).includes('accessor error') || performance.now() > deadline) throw error
      await sleep(RETRY_MS)
    }
  }
}
