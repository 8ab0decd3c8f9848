import { tool } from '@chat-app/sandbox-machine'
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { DEADLINE_MS } from '@chat-app/testing'

const run = promisify(execFile)

/** The real Helm, with a configuration and a cache of its own. */
export class Helm {
  readonly folder: string
  readonly #binary: string
  readonly #kubeconfig: string

  private constructor(folder: string, binary: string, kubeconfig: string) {
    this.folder = folder
    this.#binary = binary
    this.#kubeconfig = kubeconfig
  }

  /** Speaks to no cluster unless a kubeconfig is given. */
  static async start(kubeconfig = '/dev/null'): Promise<Helm> {
    return new Helm(await mkdtemp(join(tmpdir(), 'chat-app-helm-')), await tool('helm'), kubeconfig)
  }

  /** Standard output; throws an error with what Helm says when it fails. */
  async run(...args: string[]): Promise<string> {
    const homes = ['CACHE', 'CONFIG', 'DATA'].map((name) => [`HELM_${name}_HOME`, join(this.folder, name)])
    const env = { ...process.env, ...Object.fromEntries(homes), KUBECONFIG: this.#kubeconfig }
    const options = { env, timeout: DEADLINE_MS, maxBuffer: 16 << 20 }
    const { stdout } = await run(this.#binary, args, options).catch((error: { stderr?: string; message: string }) => {
      throw new Error(error.stderr?.trim() || error.message)
    })
    return stdout
  }

  async stop(): Promise<void> {
    await rm(this.folder, { recursive: true })
  }
}
