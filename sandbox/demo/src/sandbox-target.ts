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
import { locked, type Progress } from '@chat-app/sandbox-machine'
import { removeDemoObjects } from './objects.ts'
import type { Target } from './target.ts'

const DIR = sandboxDir('node')

/**
 * Returns the sandbox of this checkout as the target of the demo. A running sandbox is used and kept; one that the demo
 * starts is removed at the end.
 */
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
    start: (onProgress, signal) => {
      const work = async (): Promise<Kubectl> => {
        const found = openNode(DIR)
        use = found ? 'found' : 'own'
        if (found) return reused(found, onProgress, signal)
        return connected(await startNode({ dir: DIR, name: 'chat-app-sandbox', onProgress, signal }))
      }
      return locked(sandboxLock(), work, signal)
    },
    hints,
    async stop(onProgress) {
      const running = openNode(DIR)
      if (use === 'found' && running) await removeDemoObjects(connected(running), onProgress)
      if (use !== 'own') return
      onProgress('ending the sandbox')
      await locked(sandboxLock(), () => removeNode(DIR))
      removeStateFolder()
    },
  }
}

/** Prepares a running sandbox: imports the current images of the checkout and removes the objects of an earlier demo. */
async function reused(running: NodeCluster, onProgress: Progress, signal: AbortSignal): Promise<Kubectl> {
  onProgress('the sandbox is already running; importing the images of this checkout')
  await running.load(await buildImages({ version, onProgress }))
  const cluster = connected(running)
  await removeDemoObjects((args, run) => cluster(args, { signal, ...run }), onProgress)
  await reclaimVolumes(running)
  return cluster
}

function connected({ kubectl: binary, kubeconfig }: NodeCluster): Kubectl {
  return kubectl({ binary, kubeconfig })
}

function hints(): string[] {
  const running = openNode(DIR)
  const end = 'npm run sandbox -- down                                # remove the sandbox'
  if (!running) return [end]
  return [
    `export KUBECONFIG=${running.kubeconfig}`,
    `alias kubectl=${running.kubectl}`,
    'npm run demo -- --page                                 # the chat page of the demo, for your browser',
    'kubectl get chatapps,pods -n chat-app',
    'kubectl scale chatapp/chat-app -n chat-app --replicas=3',
    'kubectl delete deployment chat-app-api -n chat-app     # the operator creates it again',
    'kubectl explain chatapp.spec.websocket.drain',
    end,
  ]
}
