import { tool } from '@chat-app/sandbox-machine'
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { DEADLINE_MS } from '@chat-app/testing'

const run = promisify(execFile)

/** The real Helm, with its own configuration and cache. */
export class Helm {
  readonly folder: string
  readonly #binary: string
  readonly #kubeconfig: string

  private constructor(folder: string, binary: string, kubeconfig: string) {
    this.folder = folder
    this.#binary = binary
    this.#kubeconfig = kubeconfig
  }

  /** Without a kubeconfig Helm uses no cluster. */
  static async start(kubeconfig = '/dev/null'): Promise<Helm> {
    return new Helm(await mkdtemp(join(tmpdir(), 'chat-app-helm-')), await tool('helm'), kubeconfig)
  }

  /**
   * @returns standard output
   * @throws Error with the standard error of Helm, when it fails
   */
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
