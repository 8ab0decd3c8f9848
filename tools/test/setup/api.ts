import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startApi } from '@chat-app/sandbox-cluster'
import type { TestProject } from 'vitest/node'
import { installChatApps } from '@chat-app/sandbox-cluster/testing/setup'
import { prepareProject } from './programs.ts'

/** Starts one API server with the ChatApp CRD for all `*.api.test.ts`. Each test creates its own namespace. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await prepareProject('api')
  const dir = await mkdtemp(join(tmpdir(), 'chat-app-api-'))
  const cluster = await startApi({ dir, name: 'test', onProgress: (text) => console.log(`api sandbox: ${text}`) })
  try {
    await installChatApps(cluster.kubeconfig)
  } catch (error) {
    await cluster.stop()
    throw error
  }
  project.provide('kubeconfig', cluster.kubeconfig)
  project.provide('kubectl', cluster.kubectl)
  return () => cluster.stop()
}
