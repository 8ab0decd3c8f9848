import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { kubectl, startApi, type Kubectl } from '@chat-app/sandbox'
import type { TestProject } from 'vitest/node'
import '../support/provided.ts'
import { prepare } from './programs.ts'

const CRD = join(import.meta.dirname, '..', '..', 'crds', 'chatapp.yaml')

/** One API server for all `*.api.test.ts`, with the ChatApp resource installed; each test makes a namespace of its own. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await prepare({ tools: ['helm'] })
  const dir = await mkdtemp(join(tmpdir(), 'chat-app-api-'))
  const cluster = await startApi({ dir, name: 'test', onProgress: (text) => console.log(`api sandbox: ${text}`) })
  try {
    await installCrd(kubectl({ binary: cluster.kubectl, kubeconfig: cluster.kubeconfig }))
  } catch (error) {
    await cluster.stop()
    throw error
  }
  project.provide('kubeconfig', cluster.kubeconfig)
  project.provide('kubectl', cluster.kubectl)
  return () => cluster.stop()
}

async function installCrd(run: Kubectl): Promise<void> {
  await run(['apply', '--server-side', '-f', CRD])
  await run(['wait', '--for=condition=Established', '--timeout=30s', '-f', CRD])
}
