import { setTimeout as sleep } from 'node:timers/promises'
import { readList } from '../../../cluster/read.ts'
import { DOCTOR_REQUEST_SECONDS, MAX_METRICS_CHARACTERS } from '../../../limits.ts'
import type { Site } from '../site.ts'
import type { SecurityLog } from './address.ts'

const POLL_MS = 1000
const TRIES = 5

/** The security log of the API pods, by `kubectl logs`. */
export function securityLog({ cluster, namespace, name }: Site): SecurityLog {
  const selector = `app.kubernetes.io/instance=${name},app.kubernetes.io/component=api`
  const args = [
    'logs',
    '--namespace',
    namespace,
    '--selector',
    selector,
    '--container',
    'api',
    '--since=60s',
    '--tail=5000',
  ]
  return {
    async addressOf(user) {
      for (let tries = 0; tries < TRIES; tries += 1) {
        const run = { timeoutMs: DOCTOR_REQUEST_SECONDS * 1000, maxCharacters: MAX_METRICS_CHARACTERS }
        const { out } = await cluster.results([...args, '--max-log-requests=50'], run)
        const line = out.split('\n').find((each) => each.includes(user))
        if (line !== undefined) return addressIn(line)
        await sleep(POLL_MS)
      }
      return undefined
    },
    async inside() {
      const pods = await readList<{ status?: { podIP?: string } }>(cluster, ['pods', '--all-namespaces'])
      const nodes = await readList<{ status?: { addresses?: { address: string }[] } }>(cluster, ['nodes'])
      return new Set([
        ...(pods.is === 'read' ? pods.value.flatMap(({ status }) => status?.podIP ?? []) : []),
        ...(nodes.is === 'read' ? nodes.value.flatMap(({ status }) => status?.addresses ?? []) : []).map(addressOf),
      ])
    },
  }
}

function addressOf(each: string | { readonly address: string }): string {
  return typeof each === 'string' ? each : each.address
}

function addressIn(line: string): string | undefined {
  try {
    const { address } = JSON.parse(line) as { address?: unknown }
    return typeof address === 'string' ? address : undefined
  } catch {
    return undefined
  }
}
