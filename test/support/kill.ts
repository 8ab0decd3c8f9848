import type { Kubectl } from '@chat-app/kubectl'

/** Deletes a pod without a grace period, so that the kubelet kills it at once. */
export function kill(run: Kubectl, namespace: string, pod: string): Promise<string> {
  return run(['-n', namespace, 'delete', 'pod', pod, '--grace-period=0', '--force'])
}

/** Name of a pod that is a master of the Redis Cluster. */
export async function redisMaster(run: Kubectl): Promise<string> {
  for (const i of [0, 1, 2, 3, 4, 5]) {
    const role = await run(['-n', 'chat-app-db', 'exec', `redis-${i}`, '--', 'redis-cli', 'role'])
    if (role.startsWith('master')) return `redis-${i}`
  }
  throw new Error('no Redis pod has the role master')
}
