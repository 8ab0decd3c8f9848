import { version } from '@chat-app/environments'
import { whyNoBinaries } from '../binaries.ts'
import { removeStateFolder, sandboxDir, sandboxLock } from '../checkout.ts'
import { buildImages } from '../images/index.ts'
import { kubectl, type Kubectl } from '../kubectl.ts'
import { locked } from '../lock.ts'
import { nodeRequirements, openNode, startNode, type NodeCluster } from '../node/index.ts'
import { BINARIES } from '../types.ts'
import { removeOwn } from './objects.ts'
import type { Missing, Target } from './target.ts'

const dir = sandboxDir('node')

/** The sandbox of this checkout. One that runs already is used and stays; one that the demo starts ends with it. */
export function sandboxTarget(): Target {
  let isOurs = false
  return {
    title: 'a sandbox on this machine',
    images: {
      registry: 'registry.example.com/chat-app',
      mariadb: 'sandbox.local/mariadb:10.11',
      redis: 'sandbox.local/redis:7.0',
    },
    creates: [],
    missing,
    start: (say) =>
      locked(sandboxLock(), async () => {
        const running = openNode(dir)
        if (running) return reused(running, say)
        isOurs = true
        return connected(await startNode({ dir, name: 'chat-app-sandbox', onProgress: say }))
      }),
    hints,
    async stop(say) {
      const running = openNode(dir)
      if (!running) return
      if (!isOurs) return removeOwn(connected(running), say)
      await locked(sandboxLock(), () => running.stop())
      removeStateFolder()
    },
  }
}

/** A cluster of an earlier `sandbox up` or `demo --keep`: with the images of the checkout as it is now, and without that demo. */
async function reused(running: NodeCluster, say: (text: string) => void): Promise<Kubectl> {
  say('it runs already; importing the images of this checkout')
  await running.load(await buildImages({ version, say }))
  const cluster = connected(running)
  await removeOwn(cluster, say)
  return cluster
}

async function missing(): Promise<readonly Missing[]> {
  const programs = whyNoBinaries(BINARIES)
  const remedy = 'install Go, or use a cluster that you have: --context NAME'
  return [...(await nodeRequirements()), ...(programs === undefined ? [] : [{ what: programs, remedy }])]
}

function connected({ kubectl: binary, kubeconfig }: NodeCluster): Kubectl {
  return kubectl({ binary, kubeconfig })
}

function hints(): string[] {
  const running = openNode(dir)
  return [
    `export KUBECONFIG=${running?.kubeconfig ?? ''}`,
    `alias kubectl=${running?.kubectl ?? 'kubectl'}`,
    'kubectl get chatapps,pods -n chat-app',
    'kubectl scale chatapp/chat-app -n chat-app --replicas=3',
    'kubectl delete deployment chat-app-api -n chat-app     # and watch it come back',
    'kubectl explain chatapp.spec.websocket.drain',
    'npm run sandbox -- down                                 # end it',
  ]
}
