import { kubectl, type Kubectl } from '@chat-app/sandbox'
import { inject, test as base } from 'vitest'
import { eventually } from './eventually.ts'
import { uniqueName } from './unique-name.ts'
import './provided.ts'

export { eventually } from './eventually.ts'

/** kubectl as administrator of the cluster that this project's tests share. */
export function administrator(): Kubectl {
  return kubectl({ binary: inject('kubectl'), kubeconfig: inject('kubeconfig') })
}

export interface ApiFixtures {
  /** kubectl as administrator. */
  readonly run: Kubectl
  /** Name of a namespace of this test alone, ready for pods (its ServiceAccount exists); removed afterwards. */
  readonly namespace: string
  /** kubectl as administrator in that namespace. */
  readonly runHere: Kubectl
}

/** `test` with a namespace of its own: `test('...', async ({ namespace, runHere }) => { ... })`. */
export const test = base.extend<ApiFixtures>({
  // oxlint-disable-next-line no-empty-pattern -- vitest reads the pattern to know what a fixture needs
  run: async ({}, use) => use(administrator()),
  namespace: async ({ run }, use) => {
    const name = await makeNamespace(run)
    await use(name)
    await run(['delete', 'namespace', name, '--wait=false', '--ignore-not-found'])
  },
  runHere: async ({ run, namespace }, use) => use((args, options) => run(['--namespace', namespace, ...args], options)),
})

/** Makes a namespace with a unique name and these labels, and waits until pods can be made in it. */
export async function makeNamespace(run: Kubectl, labels: Readonly<Record<string, string>> = {}): Promise<string> {
  const name = uniqueName('test')
  const metadata = { name, labels }
  await run(['create', '-f', '-'], { input: JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata }) })
  await eventually(() => run(['--namespace', name, 'get', 'serviceaccount', 'default']))
  return name
}
