import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { MinioClient } from '@chat-app/sandbox-servers'
import { onPath, tool } from '@chat-app/sandbox-machine'
import { one, podOf, type Loose } from '@chat-app/chat/testing'
import { applied, type Cluster } from '@chat-app/platform'

/** The programs in the image of mc that the script may use: it must fail here if it uses another. */
const PROGRAMS = ['sh', 'date', 'sleep', 'timeout']

/** Exit code and output (standard output and standard error) of a run. */
export interface JobRun {
  readonly code: number | null
  readonly output: string
}

/** The files of each volume, by the name of the volume, and environment variables that override those of the manifest. */
export interface JobInputs {
  readonly volumes: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly env: Readonly<Record<string, string>>
}

/** Runs the command of a cluster's Job `storage-buckets` like its container, with folders instead of mounts. */
export async function runBucketsJob(cluster: Cluster, { volumes, env }: JobInputs): Promise<JobRun> {
  const root = await mkdtemp(join(tmpdir(), 'chat-buckets-job-'))
  try {
    const [container] = podOf(one(applied(cluster), 'Job', 'storage-buckets')).containers
    const mounts: { name: string; mountPath: string }[] = container.volumeMounts
    for (const { name, mountPath } of mounts) await folder(join(root, mountPath), volumes[name] ?? {})
    const inRoot = (value: string) =>
      mounts.some(({ mountPath }) => value.startsWith(mountPath)) ? root + value : value
    const declared = (container.env as { name: string; value: string }[]).map(({ name, value }) => [
      name,
      inRoot(value),
    ])
    const variables = { ...Object.fromEntries(declared), ...env, PATH: await programFolder(join(root, 'bin')) }
    return await run(container.command, variables)
  } finally {
    await rm(root, { recursive: true, force: true })
  }
}

async function run([program, ...args]: [string, ...string[]], env: Record<string, string>): Promise<JobRun> {
  const child = spawn(join(env['PATH'] as string, program), args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, output }
}

async function folder(path: string, files: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(path, { recursive: true })
  for (const [name, content] of Object.entries(files)) await writeFile(join(path, name), content)
}

async function programFolder(path: string): Promise<string> {
  await mkdir(path)
  for (const name of PROGRAMS) await symlink(onPath(name) as string, join(path, name))
  await symlink(await tool('mc'), join(path, 'mc'))
  return path
}

/** @throws Error with the output of a run that failed */
export function succeeded({ code, output }: JobRun): void {
  if (code !== 0) throw new Error(`the Job failed (${code}): ${output}`)
}

/** A version of an object in a bucket. */
export interface Version {
  readonly versionId: string
  readonly isDeleteMarker: boolean
}

/** The versions of an object, the newest first. */
export async function versions(mc: MinioClient, path: string): Promise<Version[]> {
  return jsonLines(await mc('ls', '--json', '--versions', path)).map(({ versionId, isDeleteMarker }) => ({
    versionId,
    isDeleteMarker: isDeleteMarker === true,
  }))
}

/** The output of mc with --json: one object on each line. */
export function jsonLines(output: string): Loose[] {
  return output.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]))
}
