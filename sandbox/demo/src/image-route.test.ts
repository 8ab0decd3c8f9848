import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { imageRoute, type BuiltImage } from './image-route.ts'

const { signal } = new AbortController()
let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chat-app-route-'))
  vi.stubEnv('PATH', `${folder}:${process.env['PATH']}`)
})

afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(folder, { recursive: true })
})

describe('images are loaded by the tool that created the context', () => {
  test.each([
    ['kind-kind', 'kind load image-archive ARCHIVE --name kind'],
    ['kind-my-team.2', 'kind load image-archive ARCHIVE --name my-team.2'],
    ['k3d-dev', 'k3d image import ARCHIVE -c dev'],
    ['minikube', 'minikube image load ARCHIVE -p minikube'],
    ['minikube-two', 'minikube image load ARCHIVE -p minikube-two'],
    ['docker-desktop', 'docker load -i ARCHIVE'],
  ])('%s: %s', async (context, command) => {
    const [program = ''] = command.split(' ')
    await fakeProgram(program, 'echo "${0##*/} $*" > "${0%/*}/called"')
    const route = imageRoute(context, undefined)
    expect(route).toMatchObject({ program, prefix: 'registry.example.com/chat-app' })
    expect(route?.title).toBe(command.replace('ARCHIVE', 'FILE'))
    await route?.deliver(image(), signal)
    expect(await readFile(join(folder, 'called'), 'utf8')).toBe(`${command.replace('ARCHIVE', '/a b.tar')}\n`)
  })

  test("and the error contains the tool's output", async () => {
    await fakeProgram('kind', 'echo "no nodes found for cluster \\"x\\"" >&2; exit 1')
    await expect(imageRoute('kind-x', undefined)?.deliver(image(), signal)).rejects.toThrow(
      'kind load image-archive /a b.tar --name x: no nodes found for cluster "x"',
    )
  })

  test('and an interrupt ends the tool', async () => {
    await fakeProgram('kind', 'exec sleep 60')
    const controller = new AbortController()
    const loading = imageRoute('kind-x', undefined)?.deliver(image(), controller.signal)
    controller.abort()
    await expect(loading).rejects.toThrow('aborted')
  })
})

describe('--registry', () => {
  test('takes precedence over the tool, and is the prefix of the images of pods', async () => {
    const push = vi.fn<BuiltImage['push']>(async () => {})
    const route = imageRoute('kind-kind', 'http://10.0.0.1:5000/team')
    expect(route).toMatchObject({ prefix: '10.0.0.1:5000/team', title: 'push to 10.0.0.1:5000/team' })
    expect(route?.program).toBeUndefined()
    await route?.deliver({ ...image(), push }, signal)
    expect(push).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ origin: 'http://10.0.0.1:5000' }), signal)
  })

  test('is required for a context of an unknown tool', () => {
    for (const context of ['production', 'kind', 'kind-', 'k3d-', 'my-minikube']) {
      expect(imageRoute(context, undefined)).toBeUndefined()
    }
  })
})

function image(): BuiltImage {
  return {
    name: 'operator',
    reference: 'registry.example.com/chat-app/operator:0.1.0',
    file: async () => '/a b.tar',
    push: () => Promise.reject(new Error('not asked for')),
  }
}

async function fakeProgram(program: string, script: string): Promise<void> {
  await writeFile(join(folder, program), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
}
