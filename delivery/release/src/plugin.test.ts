import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse } from 'yaml'
import { writePlugin } from './plugin.ts'

const run = promisify(execFile)
const checkout = resolve(import.meta.dirname, '..', '..', '..')
const archive = 'kubectl-chatapp-1.2.3.tgz'

let folder: string
/** The environment of a machine on which the package is installed, and nothing of this checkout. */
let env: Record<string, string>
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chat-app-plugin-'))
  await writePlugin(folder, checkout, '1.2.3')
  const prefix = join(folder, 'installed')
  env = { PATH: `${join(prefix, 'bin')}${delimiter}${process.env['PATH']}`, HOME: folder, npm_config_offline: 'true' }
  await run('npm', ['install', '--global', '--prefix', prefix, '--no-audit', '--no-fund', join(folder, archive)], {
    env,
    cwd: folder,
  })
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** A kubectl that answers as the script says. */
async function withKubectl(script: string) {
  const bin = await mkdtemp(join(folder, 'bin-'))
  await writeFile(join(bin, 'kubectl'), `#!/bin/sh\n${script}\n`)
  await chmod(join(bin, 'kubectl'), 0o755)
  return { env: { ...env, PATH: `${bin}${delimiter}${env['PATH']}` }, cwd: folder }
}

test('the installed package has one program, which runs by itself', async () => {
  const { stdout: files } = await run('tar', ['-tzf', join(folder, archive)])
  expect(files.trim().split('\n').toSorted()).toEqual([
    'package',
    'package/LICENSE',
    'package/README.md',
    'package/THIRD-PARTY-LICENSES.txt',
    'package/kubectl-chatapp.mjs',
    'package/package.json',
  ])
  const { stdout } = await run('kubectl-chatapp', ['--help'], { env, cwd: folder })
  expect(stdout).toContain('usage: kubectl chatapp COMMAND [NAME] [option...]')
  const version = await run('kubectl-chatapp', ['--version'], { env, cwd: folder })
  expect(version.stdout).toBe('1.2.3\n')
})

test('it runs by npx', async () => {
  const args = ['--yes', '--package', join(folder, archive), '--', 'kubectl-chatapp', 'status', '--help']
  const { stdout } = await run('npx', args, { env, cwd: folder })
  expect(stdout).toContain('usage: kubectl chatapp status [NAME] [option...]')
})

test('it runs kubectl, and passes on why that fails', async () => {
  const options = await withKubectl('echo "error: context \\"$2\\" does not exist" >&2; exit 1')
  const failed = run('kubectl-chatapp', ['status', 'chat', '--context', 'nowhere'], options)
  await expect(failed).rejects.toMatchObject({
    code: 1,
    stdout: '',
    stderr: 'kubectl chatapp: context "nowhere" does not exist\n',
  })
})

test('it plans a change by the code of the operator, which is in the package', async () => {
  const metadata = { name: 'chat', namespace: 'here', uid: 'u' }
  const chatApp = { apiVersion: 'chat-app.com/v1alpha1', kind: 'ChatApp', metadata, spec: { version: '2.0.0' } }
  await writeFile(join(folder, 'chatapp.json'), JSON.stringify(chatApp))
  const options = await withKubectl(
    'case "$1 $2" in apply*) cat ;; "get chatapps"*) ;; *) echo "{\\"items\\":[]}" ;; esac',
  )
  const planned = run('kubectl-chatapp', ['plan', '-f', 'chatapp.json', '-n', 'here'], options)
  await expect(planned).rejects.toMatchObject({
    code: 5,
    stderr: '',
    stdout: expect.stringContaining('chat-websocket: 5 pods are started') as string,
  })
})

test('it completes commands, and the names of ChatApps, as kubectl asks it to', async () => {
  const options = await withKubectl('[ "$1" = get ] && [ "$4" = -n ] || printf "chat\\ncharm\\nother\\n"')
  const { stdout: commands } = await run('kubectl_complete-chatapp', ['rol'], options)
  expect(commands).toBe('rollback\truns a former release again\n:4\n')
  const { stdout: names } = await run('kubectl_complete-chatapp', ['status', '-n', 'here', 'ch'], options)
  expect(names).toBe('chat\tChatApp\ncharm\tChatApp\n:4\n')
  const { stdout: completed } = await run('bash', ['-c', BASH_COMPLETION], options)
  expect(completed).toBe('chat charm\n')
})

/** What bash offers for "kubectl-chatapp pause ch". */
const BASH_COMPLETION = `
source <(kubectl-chatapp completion bash)
COMP_WORDS=(kubectl-chatapp pause ch) COMP_CWORD=2
_kubectl_chatapp
echo "\${COMPREPLY[@]}"`

test('wrong arguments and an unknown command have the exit code 2', async () => {
  for (const args of [['-n', 'here', 'status'], ['staus'], ['status', '--wach'], ['pause'], []])
    await expect(run('kubectl-chatapp', args, { env, cwd: folder })).rejects.toMatchObject({ code: 2 })
})

test('the manifest for Krew has the checksum of the archive, and a program that is in it', async () => {
  const { spec } = parse(await readFile(join(folder, 'kubectl-chatapp.yaml'), 'utf8')) as {
    spec: { version: string; platforms: { sha256: string; uri: string; bin: string }[] }
  }
  const sha256 = createHash('sha256').update(await readFile(join(folder, archive)))
  expect(spec).toMatchObject({
    version: 'v1.2.3',
    platforms: [{ sha256: sha256.digest('hex'), bin: 'kubectl-chatapp.mjs' }],
  })
  expect(spec.platforms[0]?.uri).toMatch(/\/kubectl-chatapp-1\.2\.3\.tgz$/)
})
