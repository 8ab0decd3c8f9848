import { SERVICE_ACCOUNTS, type Resource } from '@chat-app/chat/resources'
import { kubectl, type Kubectl } from '@chat-app/kubectl'
import { inject, test as base } from 'vitest'
import { ApiServer } from './api-server.ts'
import { eventually, uniqueName } from '@chat-app/testing'
import './provided.ts'

export { eventually } from '@chat-app/testing'

export const NAMESPACES: Resource = { group: '', version: 'v1', kind: 'Namespace', plural: 'namespaces' }

/** Returns kubectl as administrator of the cluster that the tests of a vitest project share. */
export function administrator(): Kubectl {
  return kubectl({ binary: inject('kubectl'), kubeconfig: inject('kubeconfig') })
}

export interface ApiFixtures {
  /** kubectl as administrator, for tests of kubectl or of a program that uses it. */
  readonly run: Kubectl
  /** The API server as administrator. */
  readonly server: ApiServer
  /** Name of this test's namespace. Its ServiceAccount `default` exists. It is deleted after the test. */
  readonly namespace: string
  /** kubectl as administrator in this test's namespace. */
  readonly runHere: Kubectl
}

/** `test` with the fixtures of `ApiFixtures`: `test('...', async ({ namespace, runHere }) => { ... })`. */
export const test = base.extend<ApiFixtures>({
  // oxlint-disable-next-line no-empty-pattern -- vitest reads the pattern to know what a fixture needs
  run: async ({}, use) => use(administrator()),
  // oxlint-disable-next-line no-empty-pattern -- the same
  server: async ({}, use) => {
    const server = ApiServer.of(inject('kubeconfig'))
    await use(server)
    await server.close()
  },
  namespace: async ({ server }, use) => {
    const name = await makeNamespace(server)
    await use(name)
    await server.delete(NAMESPACES, undefined, name)
  },
  runHere: async ({ run, namespace }, use) => use((args, options) => run(['--namespace', namespace, ...args], options)),
})

/** Creates a namespace with a unique name and the labels, and waits until pods can be created in it. Returns the name. */
export async function makeNamespace(server: ApiServer, labels: Readonly<Record<string, string>> = {}): Promise<string> {
  const name = uniqueName('test')
  await server.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } })
  await eventually(() => server.get(SERVICE_ACCOUNTS, name, 'default'))
  return name
}
