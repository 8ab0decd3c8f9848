import { version } from '@chat-app/environments'
import {
  removeStateFolder,
  sandboxDir,
  sandboxLock,
  nodeRequirements,
  openNode,
  reclaimVolumes,
  removeNode,
  startNode,
  type NodeCluster,
} from '@chat-app/sandbox-cluster'
import { buildImages } from '@chat-app/sandbox-images'
import { kubectl, type Kubectl } from '@chat-app/kubectl'
import { locked } from '@chat-app/sandbox-machine'
import { removeOwn } from './objects.ts'
import type { Target } from './target.ts'

type Say = (text: string) => void

const dir = sandboxDir('node')

/** The sandbox of this checkout. One that runs already is used and stays; one that the demo starts ends with it. */
export function sandboxTarget(): Target {
  let use: 'none' | 'own' | 'found' = 'none'
  return {
    title: 'a sandbox on this machine',
    images: {
      registry: 'registry.example.com/chat-app',
      mariadb: 'sandbox.local/mariadb:10.11',
      redis: 'sandbox.local/redis:7.0',
    },
    creates: [],
    missing: nodeRequirements,
    start: (say, signal) => {
      const work = async (): Promise<Kubectl> => {
        const found = openNode(dir)
        use = found ? 'found' : 'own'
        if (found) return reused(found, say, signal)
        return connected(await startNode({ dir, name: 'chat-app-sandbox', onProgress: say, signal }))
      }
      return locked(sandboxLock(), work, signal)
    },
    hints,
    async stop(say) {
      const running = openNode(dir)
      if (use === 'found' && running) await removeOwn(connected(running), say)
      if (use !== 'own') return
      say('ending the sandbox')
      await locked(sandboxLock(), () => removeNode(dir))
      removeStateFolder()
    },
  }
}

/** A cluster of an earlier `sandbox up` or `demo --keep`: with the images of the checkout as it is now, and without that demo. */
async function reused(running: NodeCluster, say: Say, signal: AbortSignal): Promise<Kubectl> {
  say('it runs already; importing the images of this checkout')
  await running.load(await buildImages({ version, say }))
  const cluster = connected(running)
  await removeOwn((args, run) => cluster(args, { signal, ...run }), say)
  await reclaimVolumes(running)
  return cluster
}

function connected({ kubectl: binary, kubeconfig }: NodeCluster): Kubectl {
  return kubectl({ binary, kubeconfig })
}

function hints(): string[] {
  const running = openNode(dir)
  const end = 'npm run sandbox -- down                                # end it'
  if (!running) return [end]
  return [
    `export KUBECONFIG=${running.kubeconfig}`,
    `alias kubectl=${running.kubectl}`,
    'kubectl get chatapps,pods -n chat-app',
    'kubectl scale chatapp/chat-app -n chat-app --replicas=3',
    'kubectl delete deployment chat-app-api -n chat-app     # and watch it come back',
    'kubectl explain chatapp.spec.websocket.drain',
    end,
  ]
}
