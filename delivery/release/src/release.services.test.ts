import { environments } from '@chat-app/environments'
import { debianRoot, inRoot } from '@chat-app/sandbox-machine'
import { startRegistry } from '@chat-app/sandbox-servers'
import { execFile, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { eventually } from '@chat-app/testing'
import { makeRelease, type ReleaseOptions } from './release.ts'

const run = promisify(execFile)
const checkout = resolve(import.meta.dirname, '..', '..', '..')
const version = '1.2.3-test.1'
const registry = 'registry.example.com/chat-app'
const architecture = process.arch === 'x64' ? 'amd64' : process.arch
const archive = `chat-app-images-${version}-linux-${architecture}.tar`
const sbomNames = ['services', 'operator'].map((name) => `chat-app-${name}-${version}-linux-${architecture}.cdx.json`)
const source = {
  commit: '0123456789abcdef0123456789abcdef01234567',
  shortCommit: '01234567',
  created: '2026-01-02T03:04:05Z',
  tags: [],
  isChanged: false,
}

let out: string
let release: string
beforeAll(async () => {
  out = await mkdtemp(join(tmpdir(), 'chat-app-release-'))
  release = await makeRelease(options(join(out, 'first')))
})
afterAll(() => rm(out, { recursive: true }))

describe('a release', () => {
  test('has all files for an installation, and checksums that sha256sum accepts', async () => {
    const files = [
      'THIRD-PARTY-LICENSES.txt',
      archive,
      `chat-app-manifests-${version}.tar.gz`,
      `chat-app-operator-${version}.tgz`,
      'install-crd.yaml',
      'install.yaml',
      ...sbomNames,
    ]
    expect(release).toBe(join(out, 'first', version))
    expect((await readdir(release)).toSorted()).toEqual([...files, 'SHA256SUMS'].toSorted())
    const { stdout } = await run('sha256sum', ['--strict', '-c', 'SHA256SUMS'], { cwd: release })
    expect(stdout.trim().split('\n').toSorted()).toEqual(files.map((name) => `${name}: OK`).toSorted())
  })

  test('that was changed fails the check of its checksums', async () => {
    const changed = join(out, 'changed')
    await mkdir(changed)
    for (const name of ['SHA256SUMS', 'install.yaml']) await cp(join(release, name), join(changed, name))
    await writeFile(join(changed, 'install.yaml'), `${await text('install.yaml')}\n`)
    const checked = run('sha256sum', ['-c', '--ignore-missing', 'SHA256SUMS'], { cwd: changed })
    await expect(checked).rejects.toMatchObject({ code: 1, stdout: 'install.yaml: FAILED\n' })
  })

  test('has the same bytes every time', async () => {
    const again = await makeRelease(options(join(out, 'again')))
    expect(await readFile(join(again, 'SHA256SUMS'), 'utf8')).toBe(await text('SHA256SUMS'))
  })

  test('refers to its own images in every file', async () => {
    const { stdout: names } = await run('tar', ['-tzf', join(release, `chat-app-manifests-${version}.tar.gz`)])
    for (const { name } of environments) expect(names).toContain(`chat-app-manifests-${version}/${name}/`)
    const { stdout: manifests } = await run('tar', ['-xOzf', join(release, `chat-app-manifests-${version}.tar.gz`)], {
      maxBuffer: 64 << 20,
    })
    const ours = /registry\.example\.com\/chat-app\/(?:operator|chat-service|websocket-service):([\w.-]+)/g
    for (const yaml of [manifests, await text('install.yaml')]) {
      expect(new Set([...yaml.matchAll(ours)].map(([, tag]) => tag))).toEqual(new Set([version]))
    }
    const kinds = async (name: string) =>
      new Set(parseAllDocuments(await text(name)).map((document) => (document.toJS() as Kind).kind))
    expect(await kinds('install-crd.yaml')).toEqual(new Set(['CustomResourceDefinition', 'Namespace']))
    expect(await kinds('install.yaml')).toEqual(new Set(['ServiceAccount', 'Role', 'RoleBinding', 'Deployment']))
  })

  test('that fails leaves the existing one unchanged', async () => {
    await mkdir(join(out, 'empty'))
    const before = await text('SHA256SUMS')
    await expect(makeRelease({ ...options(join(out, 'first')), checkout: join(out, 'empty') })).rejects.toThrow(
      'ENOENT',
    )
    expect(await readdir(join(out, 'first'))).toEqual([version])
    expect(await text('SHA256SUMS')).toBe(before)
  })

  test('is readable for everybody who may read its folder', async () => {
    const { mode } = await stat(release)
    expect(mode & 0o777).toBe(0o777 & ~process.umask())
  })

  test('does not replace any other file or folder', async () => {
    for (const make of [mkdir, (path: string) => writeFile(path, 'mine')]) {
      const place = join(out, randomUUID())
      await mkdir(place)
      await make(join(place, version))
      if (make === mkdir) await writeFile(join(place, version, 'mine'), '')
      await expect(makeRelease(options(place))).rejects.toThrow(
        `${join(place, version)}: is in the place of the release`,
      )
      expect(await readdir(place)).toEqual([version])
    }
  })

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('that %s interrupts leaves no files', async (signal) => {
    const place = join(out, signal)
    const child = spawn(process.execPath, [join(checkout, 'delivery/release/src/package.ts'), '--out', place], {
      stdio: 'ignore',
    })
    const ended = once(child, 'exit')
    await eventually(async () => expect(await readdir(place)).not.toEqual([]))
    child.kill(signal)
    expect(await ended).toEqual([{ SIGINT: 130, SIGTERM: 143, SIGHUP: 129 }[signal], null])
    expect(await readdir(place)).toEqual([])
  })

  test('of a tag without an entry in the changelog is refused', async () => {
    const tagged = { ...options(join(out, 'tagged')), version: '99.0.0', isTagged: true }
    await expect(makeRelease(tagged)).rejects.toThrow('CHANGELOG.md has no entry for 99.0.0')
    expect(await readdir(out)).not.toContain('tagged')
  })
})

describe("a release's images", () => {
  let layout: string
  beforeAll(async () => {
    layout = join(out, 'layout')
    await mkdir(layout)
    await run('tar', ['-xf', join(release, archive), '-C', layout])
  })

  test('are tagged by version and by commit, and labelled', async () => {
    const { manifests } = await json<Index>(join(layout, 'index.json'))
    const names = manifests.map(({ annotations }) => annotations['org.opencontainers.image.ref.name'])
    const tags = [version, source.shortCommit]
    const images = ['chat-service', 'operator', 'websocket-service']
    const expected = images.flatMap((image) => tags.map((tag) => `${registry}/${image}:${tag}`))
    expect(new Set(names)).toEqual(new Set(expected))
    expect(names).toHaveLength(expected.length)
    for (const { digest } of manifests) {
      const { config } = await blob<Manifest>(digest)
      expect(await blob<Configuration>(config.digest)).toMatchObject({
        created: source.created,
        config: {
          User: '10001:10001',
          Labels: {
            'org.opencontainers.image.version': version,
            'org.opencontainers.image.revision': source.commit,
            'org.opencontainers.image.created': source.created,
          },
        },
      })
    }
  })

  test('have no shell and no package manager, and all licences', async () => {
    const { manifests } = await json<Index>(join(layout, 'index.json'))
    for (const digest of new Set(manifests.map((entry) => entry.digest))) {
      const { layers } = await blob<Manifest>(digest)
      const lists = await Promise.all(layers.map((layer) => run('tar', ['-tzf', blobFile(layer.digest)])))
      const files = lists.flatMap(({ stdout }) => stdout.split('\n'))
      expect(files).toEqual(
        expect.arrayContaining(['app/main.js', 'app/LICENSE', 'app/THIRD-PARTY-LICENSES.txt', 'usr/bin/node']),
      )
      for (const name of ['libc6', 'gcc-12-base', 'nodejs']) expect(files).toContain(`usr/share/doc/${name}/copyright`)
      // A link to gcc-12-base.
      expect(files).toContain('usr/share/doc/libstdc++6')
      expect(files.filter((path) => /\/(sh|bash|dash|busybox|npm|npx|corepack|apt|dpkg)$/.test(path))).toEqual([])
    }
  })

  test('have the digests in the lists of contents, and these list every package with a licence', async () => {
    const { manifests } = await json<Index>(join(layout, 'index.json'))
    const listed: string[] = []
    for (const name of sbomNames) {
      const { metadata, components } = await json<Sbom>(join(release, name))
      expect(manifests.map(({ digest }) => digest)).toContain(`sha256:${metadata.component.hashes[0]?.content}`)
      const npm = components.filter(({ purl }) => purl?.startsWith('pkg:npm/'))
      listed.push(...npm.map((each) => `${[each.group, each.name].filter(Boolean).join('/')} ${each.version}`))
    }
    const sections = [...(await text('THIRD-PARTY-LICENSES.txt')).matchAll(/^(\S+ \d\S*) \(.*\)\n-+$/gm)]
    expect(new Set(sections.map(([, title]) => title))).toEqual(new Set(listed))
    expect(listed).toEqual(expect.arrayContaining([expect.stringMatching(/^ws /), expect.stringMatching(/^bcrypt /)]))
  })

  test('can be copied to a registry by skopeo', async () => {
    const server = await startRegistry()
    try {
      const skopeo = inRoot(await debianRoot(['skopeo']), 'skopeo')
      const policy = join(out, 'policy.json')
      await writeFile(policy, JSON.stringify({ default: [{ type: 'insecureAcceptAnything' }] }))
      const [program = '', ...rest] = skopeo
      const from = `oci-archive:${join(release, archive)}:${registry}/operator:${version}`
      const flags = ['--policy', policy, 'copy', '--dest-tls-verify=false', '--quiet']
      await run(program, [...rest, ...flags, from, `docker://${server.address}/chat-app/operator:${version}`])
      const headers = { accept: 'application/vnd.oci.image.manifest.v1+json' }
      const answer = await fetch(`http://${server.address}/v2/chat-app/operator/manifests/${version}`, { headers })
      const { manifests } = await json<Index>(join(layout, 'index.json'))
      const own = manifests.find(({ annotations }) =>
        annotations['org.opencontainers.image.ref.name']?.endsWith(`/operator:${version}`),
      )
      expect(answer.headers.get('docker-content-digest')).toBe(own?.digest)
    } finally {
      await server.stop()
    }
  })

  function blob<T>(digest: string): Promise<T> {
    return json<T>(blobFile(digest))
  }

  function blobFile(digest: string): string {
    return join(layout, 'blobs', digest.replace(':', '/'))
  }
})

test('npm run package says why it refuses a version', async () => {
  const env = { ...process.env, CI_COMMIT_TAG: '' }
  const command = run(process.execPath, [join(import.meta.dirname, 'package.ts'), '--version', '1.2'], { env })
  const stderr = expect.stringContaining('package: --version "1.2": must be a semantic version')
  await expect(command).rejects.toMatchObject({ code: 1, stdout: '', stderr })
})

function options(folder: string): ReleaseOptions {
  return {
    checkout,
    out: folder,
    version,
    isTagged: false,
    registry,
    source,
    steps: { next: () => {}, detail: () => {} },
  }
}

function text(name: string): Promise<string> {
  return readFile(join(release, name), 'utf8')
}

async function json<T>(file: string): Promise<T> {
  return JSON.parse(await readFile(file, 'utf8')) as T
}

interface Kind {
  readonly kind: string
}

interface Index {
  readonly manifests: readonly { readonly digest: string; readonly annotations: Readonly<Record<string, string>> }[]
}

interface Manifest {
  readonly config: { readonly digest: string }
  readonly layers: readonly { readonly digest: string }[]
}

type Configuration = Readonly<Record<string, unknown>>

interface Sbom {
  readonly metadata: { readonly component: { readonly hashes: readonly { readonly content: string }[] } }
  readonly components: readonly {
    readonly group?: string
    readonly name: string
    readonly version: string
    readonly purl?: string
  }[]
}
