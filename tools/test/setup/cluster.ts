import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { kubectl } from '@chat-app/kubectl'
import { startNode } from '@chat-app/sandbox-cluster'
import { installPlatform, platformReady } from '@chat-app/sandbox-demo'
import type { TestProject } from 'vitest/node'
import '@chat-app/sandbox-cluster/testing/setup'
import { prepareProject } from './programs.ts'

const IMAGES = {
  registry: 'registry.example.com/chat-app',
  mariadb: 'sandbox.local/mariadb:10.11',
  redis: 'sandbox.local/redis:7.0',
}

/**
 * Starts one node with MariaDB, Redis Cluster and the operator of the environment `local` for all `*.cluster.test.ts`.
 * The tests create the ChatApps.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await prepareProject('cluster')
  const say = (text: string): void => console.log(`node sandbox: ${text}`)
  const dir = await mkdtemp(join(tmpdir(), 'chat-app-node-'))
  const cluster = await startNode({ dir, name: 'test', lifetime: 'parent', onProgress: say })
  try {
    const run = kubectl({ binary: cluster.kubectl, kubeconfig: cluster.kubeconfig })
    await installPlatform(run, IMAGES, say)
    await platformReady(run, say)
  } catch (error) {
    await cluster.stop()
    throw error
  }
  project.provide('kubeconfig', cluster.kubeconfig)
  project.provide('kubectl', cluster.kubectl)
  return () => cluster.stop()
}
