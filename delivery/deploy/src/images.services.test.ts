import { execFile } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { readSource } from '@chat-app/release'
import { buildImages, digestOf, writeArchive } from '@chat-app/sandbox-images'
import { startRegistry } from '@chat-app/sandbox-servers'

const run = promisify(execFile)
const version = '1.2.3'

test('images of a release reach a registry byte for byte, by version and by commit', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'chat-app-images-'))
  const server = await startRegistry()
  onTestFinished(async () => {
    await server.stop()
    await rm(folder, { recursive: true })
  })
  const registry = `${server.address}/chat-app`
  const names = ['chat-service', 'websocket-service', 'operator']
  const images = await buildImages({ registry, version, only: names })
  await writeArchive(images, createWriteStream(join(folder, 'chat-app-images-1.2.3-linux-test.tar')))

  const out = join(folder, 'images.txt')
  const args = [join(import.meta.dirname, 'images.ts'), '--registry', registry, '--release', folder, '--out', out]
  const env = {
    ...process.env,
    CI_COMMIT_SHA: 'any',
    CI_COMMIT_TAG: 'v1.2.3',
    REGISTRY_USER: '',
    BASE_IMAGE: '',
  }
  await run(process.execPath, args, { env })

  const { shortCommit } = readSource(import.meta.dirname, { CI_COMMIT_SHA: 'any' })
  const lines = images.map(({ name, manifest }) => `${registry}/${name}@${digestOf(manifest)}`)
  expect((await readFile(out, 'utf8')).trim().split('\n').toSorted()).toEqual(lines.toSorted())
  for (const { name, manifest } of images)
    for (const tag of [version, shortCommit]) expect(await digest(server.address, name, tag)).toBe(digestOf(manifest))
})

async function digest(address: string, name: string, tag: string): Promise<string | null> {
  const headers = { accept: 'application/vnd.oci.image.manifest.v1+json' }
  const answer = await fetch(`http://${address}/v2/chat-app/${name}/manifests/${tag}`, { headers })
  return answer.headers.get('docker-content-digest')
}
