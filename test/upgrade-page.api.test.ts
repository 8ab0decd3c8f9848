import { CHAT_APPS, DEPLOYMENTS, SERVICES } from '@chat-app/chat/resources'
import { aged, LAST_VERSION, recordings, startRecorded, type RecordedChat } from '@chat-app/operator/testing/recording'
import { installObjects } from '@chat-app/platform/install'
import { eventually, must } from '@chat-app/testing'
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'

// Follows docs/upgrade.md with kubectl. The pods of the operator do not run here: this operator runs in this process from the
// time at which its Deployment has its image.

const NEXT_VERSION = '1.2.0'
const [before, installs, upgrades, goesBack] = ['Before the upgrade', '2. CRD and operator', '4. ChatApps', 'Go back']

const recording = aged(must(recordings().at(-1), 'a recording'))
let left: RecordedChat
let work: string
let page: string

beforeAll(async () => {
  page = await readFile(join(import.meta.dirname, '..', 'docs', 'upgrade.md'), 'utf8')
  work = await mkdtemp(join(tmpdir(), 'upgrade-page-'))
  // The release 0.1.0 has everything in one file.
  await writeInstall(LAST_VERSION, { 'install.yaml': recording.install })
  await writeInstall(NEXT_VERSION, installObjects({ version: NEXT_VERSION, registry: 'registry.example.com/chat-app' }))
  left = await startRecorded(recording)
})
afterAll(async () => {
  await left?.stop()
  await rm(work, { recursive: true, force: true })
})

async function writeInstall(version: string, files: Readonly<Record<string, readonly object[]>>): Promise<void> {
  await mkdir(join(work, version))
  for (const [name, objects] of Object.entries(files))
    await writeFile(join(work, version, name), objects.map((object) => JSON.stringify(object)).join('\n---\n'))
}

/** The commands of kubectl below a heading of the page, with the versions in their places. */
function commandsBelow(heading: string | undefined): string[] {
  const section = must(
    page.split(/^#+ /m).find((text) => text.startsWith(`${heading}\n`)),
    heading,
  )
  const blocks = [...section.matchAll(/^ *```sh\n([\s\S]*?)^ *```$/gm)].flatMap(([, text = '']) => text.split('\n'))
  return blocks
    .map((line) => line.trim().replaceAll('X.Y.Z', NEXT_VERSION).replaceAll('A.B.C', LAST_VERSION))
    .filter((line) => line.startsWith('kubectl '))
}

/** Runs all commands below a heading in a shell, and returns what they print. */
async function follow(heading: string | undefined): Promise<string> {
  const { kubectl, kubeconfig } = left.cluster
  const env = { PATH: `${dirname(kubectl)}:${process.env['PATH']}`, KUBECONFIG: kubeconfig, HOME: work }
  const { stdout } = await promisify(execFile)('sh', ['-ec', commandsBelow(heading).join('\n')], { cwd: work, env })
  return stdout
}

async function operatorImage(): Promise<unknown> {
  const { client } = left.chat
  const deployment = await client.get(DEPLOYMENTS, 'chat-app-system', 'chat-app-operator')
  const { template } = deployment['spec'] as { template: { spec: { containers: { image: string }[] } } }
  return template.spec.containers[0]?.image
}

/** Waits until the operator makes a deleted Service again. */
async function repairs(name: string): Promise<void> {
  const { chat } = left
  await chat.delete(SERVICES, `${name}-api`)
  await eventually(async () => expect(await chat.get(SERVICES, `${name}-api`)).toBeDefined())
}

test('the page has only commands that are followed here', () => {
  const followed = [before, installs, upgrades, goesBack].flatMap(commandsBelow)
  expect(followed.length).toBeGreaterThan(5)
  expect(page.match(/^ *kubectl /gm)).toHaveLength(followed.length)
})

test('docs/upgrade.md leads to the new release, one ChatApp after the other, and back', async () => {
  const { chat, names } = left
  const shown = await follow(before)
  for (const name of names) expect(shown).toMatch(new RegExp(` ${name} +True `))

  await follow(installs)
  expect(await operatorImage()).toMatch(new RegExp(`:${NEXT_VERSION}$`))
  const operator = await chat.operator()
  for (const name of names) await repairs(name)
  expect(await left.pods()).toEqual(left.recordedPods)
  expect(await chat.condition('UpdateAvailable', 'chat-app')).toMatchObject({ status: 'True' })

  await follow(upgrades)
  expect(await chat.status('chat-app')).toMatchObject({ version: NEXT_VERSION, revision: 2 })
  expect(await chat.condition('UpdateAvailable', 'chat-app')).toBeUndefined()
  const others = (pods: object) => Object.entries(pods).filter(([name]) => !name.startsWith('chat-app-'))
  expect(others((await left.pods()).templates)).toEqual(others(left.recordedPods.templates))

  const [toOldChatApp, ready, toOldOperator] = commandsBelow(goesBack)
  expect([toOldChatApp, ready, toOldOperator]).toEqual([
    expect.stringContaining('patch'),
    expect.stringContaining('wait'),
    expect.stringContaining('apply'),
  ])
  await follow(goesBack)
  expect(await chat.status('chat-app')).toMatchObject({ version: LAST_VERSION, targetVersion: LAST_VERSION })
  expect(await operatorImage()).toMatch(new RegExp(`:${recording.release}$`))
  await operator.stop()
  const after = await left.pods()

  // The old CRD takes every stored ChatApp, and an operator that is one release newer works with it.
  for (const name of names) await chat.edit(CHAT_APPS, name, { metadata: { annotations: { 'example.com/seen': '1' } } })
  await chat.operator()
  for (const name of names) await repairs(name)
  expect(await left.pods()).toEqual(after)
})
