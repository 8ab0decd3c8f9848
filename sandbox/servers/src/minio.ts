import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { request } from 'node:https'
import { join } from 'node:path'
import { type Authority, tool } from '@chat-app/sandbox-machine'
import { Daemon, freePort, type Server } from './daemon.ts'
import { makeFolder, removeFolder } from './folder.ts'

/** A MinIO server on 127.0.0.1 with four folders as its drives. */
export interface Minio extends Server {
  /** https:// URL. The certificate is signed by `MinioOptions.authority`. */
  readonly url: string
  readonly rootUser: string
  readonly rootPassword: string
}

export interface MinioOptions {
  /** Signs the certificate of the server, and those of the servers that it replicates to. */
  readonly authority: Authority
  /** Additional variables, such as MINIO_PROMETHEUS_AUTH_TYPE. @default {} */
  readonly env?: Readonly<Record<string, string>>
}

const HOST = '127.0.0.1'
const ROOT_USER = 'root'
const ROOT_PASSWORD = 'sandbox-only'

export async function startMinio({ authority, env = {} }: MinioOptions): Promise<Minio> {
  const dir = makeFolder('minio')
  const port = await freePort()
  const certificates = await writeCertificates(join(dir, 'certificates'), authority)
  const daemon = new Daemon({
    name: 'minio',
    dir,
    argv: [
      await tool('minio'),
      'server',
      '--quiet',
      `--address=${HOST}:${port}`,
      `--certs-dir=${certificates}`,
      `${dir}/drive{1...4}`,
    ],
    env: {
      MINIO_ROOT_USER: ROOT_USER,
      MINIO_ROOT_PASSWORD: ROOT_PASSWORD,
      MINIO_BROWSER: 'off',
      // Allows folders of the root file system as drives.
      MINIO_CI_CD: '1',
      ...env,
    },
    probe: () => ready(port, authority.certificate),
  })
  await daemon.start()
  return {
    url: `https://${HOST}:${port}`,
    rootUser: ROOT_USER,
    rootPassword: ROOT_PASSWORD,
    kill: () => daemon.kill('SIGKILL'),
    start: () => daemon.start(),
    stop: async () => {
      await daemon.kill('SIGKILL')
      await removeFolder(dir)
    },
  }
}

/** The client mc, configured for one or more servers. */
export interface MinioClient {
  /** Runs mc with the arguments and returns its standard output. @throws Error with its output if it fails */
  (...args: string[]): Promise<string>
}

/**
 * Returns an mc for the servers.
 *
 * @param dir folder for its configuration
 * @param servers URLs by alias: `{ files: 'https://key:secret@127.0.0.1:9000' }`
 */
export async function minioClient(
  dir: string,
  authority: Authority,
  servers: Readonly<Record<string, string>>,
): Promise<MinioClient> {
  const program = await tool('mc')
  const trusted = join(dir, 'certs', 'CAs')
  await mkdir(trusted, { recursive: true })
  await writeFile(join(trusted, 'ca.crt'), authority.certificate)
  const hosts = Object.entries(servers).map(([name, url]) => [`MC_HOST_${name}`, url])
  const env = { ...process.env, MC_CONFIG_DIR: dir, ...Object.fromEntries(hosts) }
  return async (...args) => {
    const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
    let [output, errors] = ['', '']
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
    const [code] = (await once(child, 'close')) as [number | null]
    if (code !== 0) throw new Error(`mc ${args.join(' ')} failed (${code}): ${errors || output}`)
    return output
  }
}

async function writeCertificates(dir: string, authority: Authority): Promise<string> {
  const own = await authority.issue({
    commonName: 'minio',
    dnsNames: ['localhost'],
    addresses: [HOST],
    usages: ['server'],
  })
  await mkdir(join(dir, 'CAs'), { recursive: true })
  await writeFile(join(dir, 'public.crt'), own.certificate)
  await writeFile(join(dir, 'private.key'), own.key, { mode: 0o600 })
  await writeFile(join(dir, 'CAs', 'ca.crt'), authority.certificate)
  return dir
}

/** The health endpoint responds with 200 once the server accepts writes. */
async function ready(port: number, ca: string): Promise<void> {
  const asked = request({ host: HOST, port, ca, path: '/minio/health/cluster', timeout: 2000 }).end()
  asked.once('timeout', () => asked.destroy(new Error('no response')))
  const [response] = await once(asked, 'response')
  response.resume()
  if (response.statusCode !== 200) throw new Error(`/minio/health/cluster: status ${response.statusCode}`)
}
