import { setTimeout as sleep } from 'node:timers/promises'
import type { Kubectl } from './kubectl.ts'

const AGAIN_MS = 200

/**
 * Waits until the API server serves what CRDs define; `definitions` are resources as kubectl names them.
 *
 * `kubectl wait` alone gives up on a CRD so new that it has no conditions yet ("accessor error: <nil> is of the type <nil>").
 */
export async function established(kubectl: Kubectl, definitions: readonly string[], seconds: number): Promise<void> {
  const deadline = performance.now() + seconds * 1000
  const wait = ['wait', '--for=condition=Established', ...definitions, `--timeout=${seconds}s`]
  for (;;) {
    try {
      await kubectl(wait)
      return
    } catch (error) {
      if (!String(error).includes('accessor error') || performance.now() > deadline) throw error
      await sleep(AGAIN_MS)
    }
  }
}
