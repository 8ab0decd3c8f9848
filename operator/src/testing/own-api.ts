import type { Resource } from '@chat-app/chat/resources'
import { startApi, type Cluster } from '@chat-app/sandbox-cluster'
import { ApiServer, CRDS, crdOf, established, installChatApps } from '@chat-app/sandbox-cluster/testing'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { must } from '@chat-app/testing'
import { afterAll, beforeAll } from 'vitest'
import { eventually } from './chat.ts'

export const PXC: Resource = {
  group: 'pxc.percona.com',
  version: 'v1',
  kind: 'PerconaXtraDBCluster',
  plural: 'perconaxtradbclusters',
}

/** An API server of the tests of one file, since CRDs concern a whole API server. */
export class OwnApi {
  #cluster: Cluster | undefined
  #server: ApiServer | undefined

  get kubeconfig(): string {
    return must(this.#cluster).kubeconfig
  }

  get server(): ApiServer {
    return must(this.#server)
  }

  /** Starts it before the tests of the file, with the CRD of ChatApp, and stops it after them. */
  static forFile(name: string): OwnApi {
    const own = new OwnApi()
    let dir: string | undefined
    beforeAll(async () => {
      dir = await mkdtemp(join(tmpdir(), `chat-app-${name}-`))
      own.#cluster = await startApi({ dir: join(dir, 'cluster'), name })
      own.#server = ApiServer.of(own.kubeconfig)
      await installChatApps(own.kubeconfig)
    })
    afterAll(async () => {
      await own.#server?.close()
      await own.#cluster?.stop()
      if (dir !== undefined) await rm(dir, { recursive: true })
    })
    return own
  }

  /** Creates or changes the CRD of a kind. @param versions see `crdOf` */
  async install(resource: Resource, versions?: string[]): Promise<void> {
    await this.server.apply(crdOf(resource, versions))
    await established(this.server)
  }

  /** Deletes the CRD of a kind with all objects, and waits until it is gone. */
  async uninstall({ plural, group }: Resource): Promise<void> {
    const name = `${plural}.${group}`
    await this.server.delete(CRDS, undefined, name)
    await eventually(async () => {
      const left = (await this.server.list(CRDS)).some(({ metadata }) => metadata.name === name)
      if (left) throw new Error(`${name} is still there`)
    })
  }

  /** Creates a PerconaXtraDBCluster, or sets its state. */
  async database(namespace: string, state: string, name = 'mysql', version = 'v1'): Promise<void> {
    await this.server.apply({ apiVersion: `pxc.percona.com/${version}`, kind: PXC.kind, metadata: { name, namespace } })
    await this.server.patch({ ...PXC, version }, namespace, name, { status: { state } }, 'status')
  }
}
