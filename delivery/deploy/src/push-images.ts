import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Registry } from '@chat-app/sandbox-images'

/** Each image, and the target of the Dockerfile that makes it. */
const IMAGES = { 'chat-service': 'service', 'websocket-service': 'service', operator: 'operator' } as const
const AUTH_FILE = 'auth.json'

export interface Target {
  readonly registry: Registry
  readonly version: string
  readonly commit: string
  /** Time of the commit, ISO 8601. */
  readonly created: string
  /** Of each image; the first is the version. */
  readonly tags: readonly string[]
  /** A folder for this push alone. */
  readonly work: string
  readonly checkout: string
}

/** Nothing without a user: some registries ask for none. */
export function login({ registry, work }: Target, user: string | undefined, password: string | undefined): void {
  if (!user || !password) return
  const host = registry.prefix.slice(0, registry.prefix.indexOf('/'))
  const args = [
    'login',
    ...authFile(work),
    ...tls('--tls-verify', registry),
    '--username',
    user,
    '--password-stdin',
    host,
  ]
  run('skopeo', args, password)
}

/**
 * Pushes what `npm run package` made, byte for byte: the digests stay those of its lists of contents.
 *
 * @returns `REPOSITORY@sha256:...` of each image
 */
export function pushReleased(target: Target, archive: string): string[] {
  const { registry, version, tags, work } = target
  const layout = join(work, 'layout')
  mkdirSync(layout)
  run('tar', ['-xf', archive, '-C', layout])
  const wanted = Object.keys(IMAGES).map((name) => `${registry.prefix}/${name}:${version}`)
  assertNamed(archive, JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')) as Index, wanted)
  return Object.keys(IMAGES).map((name) => {
    const repository = `${registry.prefix}/${name}`
    const digestFile = join(work, name)
    for (const tag of tags) {
      const flags = ['--preserve-digests', '--digestfile', digestFile, ...tls('--dest-tls-verify', registry)]
      // The archive is our own: there is no signature to verify yet.
      run('skopeo', [
        '--insecure-policy',
        'copy',
        '--quiet',
        ...authFile(work),
        ...flags,
        `oci:${layout}:${repository}:${version}`,
        `docker://${repository}:${tag}`,
      ])
    }
    return `${repository}@${readFileSync(digestFile, 'utf8').trim()}`
  })
}

interface Index {
  readonly manifests: readonly { readonly annotations: Readonly<Record<string, string>> }[]
}

/** skopeo says of an image that is not in an archive only that it found no descriptor. */
function assertNamed(archive: string, { manifests }: Index, wanted: readonly string[]): void {
  const found = manifests.map(({ annotations }) => annotations['org.opencontainers.image.ref.name'])
  const missing = wanted.filter((name) => !found.includes(name))
  if (missing.length === 0) return
  const remedy = 'give this command the --registry and --version that npm run package had'
  throw new Error(`${archive} has images such as ${found[0]}, and not ${missing.join(', ')}: ${remedy}`)
}

/** Images that the Dockerfile is built from; its own builder where none is named. */
export interface Bases {
  readonly base: string
  readonly builder?: string | undefined
}

/**
 * Builds the Dockerfile on another base image and pushes that, by buildah: no daemon and no privileges.
 *
 * @returns `REPOSITORY@sha256:...` of each image
 */
export function pushBuilt(release: Target, bases: Bases): string[] {
  const { registry, version, tags, work, checkout } = release
  const args = buildArguments(release, bases)
  const local = (image: string): string => `localhost/${image}:${version}`
  // Two of the images are one target. The layers are kept from one build for the next, which installs no package again.
  for (const image of new Set(Object.values(IMAGES))) {
    // The bases may be in the same private registry.
    run('buildah', [
      'build',
      '--layers',
      ...authFile(work),
      '--target',
      image,
      ...args,
      '--tag',
      local(image),
      checkout,
    ])
  }
  return Object.entries(IMAGES).map(([name, image]) => {
    const repository = `${registry.prefix}/${name}`
    const digestFile = join(work, name)
    for (const tag of tags) {
      const flags = ['--digestfile', digestFile, ...authFile(work), ...tls('--tls-verify', registry)]
      run('buildah', ['push', ...flags, local(image), `docker://${repository}:${tag}`])
    }
    return `${repository}@${readFileSync(digestFile, 'utf8').trim()}`
  })
}

function run(program: string, args: readonly string[], input = ''): void {
  try {
    execFileSync(program, args, { input, stdio: ['pipe', 'inherit', 'inherit'] })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    const remedy = 'install it (Debian has a package of that name), or use the image of delivery/deploy/Dockerfile'
    throw new Error(`${program} is not in PATH: ${remedy}`, { cause: error })
  }
}

/** `--build-arg` for each argument of the Dockerfile. */
export function buildArguments(
  { version, commit, created }: Pick<Target, 'version' | 'commit' | 'created'>,
  { base, builder }: Bases,
): string[] {
  const own = { VERSION: version, REVISION: commit, CREATED: created }
  const values = { BASE_IMAGE: base, ...(builder !== undefined && { BUILD_IMAGE: builder }), ...own }
  return Object.entries(values).flatMap(([key, value]) => ['--build-arg', `${key}=${value}`])
}

/** None before a login: the programs refuse a file that is not there. */
function authFile(work: string): string[] {
  const file = join(work, AUTH_FILE)
  return existsSync(file) ? ['--authfile', file] : []
}

/** Plain HTTP only where `parseRegistry` allows it. */
function tls(flag: string, { origin }: Registry): string[] {
  return origin.startsWith('http://') ? [`${flag}=false`] : []
}
