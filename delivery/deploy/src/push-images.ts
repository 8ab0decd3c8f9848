import { digestOf, layoutImages, push, type Login, type PushedImage, type Registry } from '@chat-app/sandbox-images'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'

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
  /** The account that may push; some registries ask for none. */
  readonly login?: Login
  /** A folder for this push alone. */
  readonly work: string
  readonly checkout: string
}

/**
 * Pushes what `npm run package` made, byte for byte: the digests stay those of its lists of contents.
 *
 * @returns `REPOSITORY@sha256:...` of each image
 */
export async function pushReleased(target: Target, archive: string): Promise<string[]> {
  const { registry, version, work } = target
  const layout = join(work, 'layout')
  mkdirSync(layout)
  run('tar', ['-xf', archive, '-C', layout])
  const images = new Map(layoutImages(layout).map((image) => [image.reference, image]))
  const wanted = Object.keys(IMAGES).map((name) => ({ name, reference: `${registry.prefix}/${name}:${version}` }))
  const missing = wanted.map(({ reference }) => reference).filter((reference) => !images.has(reference))
  if (missing.length > 0) {
    const [first] = images.keys()
    const remedy = 'give this command the --registry and --version that npm run package had'
    throw new Error(`${archive} has images such as ${first}, and not ${missing.join(', ')}: ${remedy}`)
  }
  return pushAll(
    target,
    wanted.map(({ name, reference }) => ({ name, image: images.get(reference) as PushedImage })),
  )
}

interface Named {
  /** Of the repository. */
  readonly name: string
  readonly image: PushedImage
}

/** Each under all tags. What one has pushed is there for the next: they stand upon the same layers. */
async function pushAll({ registry, tags, login }: Target, images: readonly Named[]): Promise<string[]> {
  const pushed: string[] = []
  const { signal } = new AbortController()
  for (const [index, { name, image }] of images.entries()) {
    const former = images[index - 1]?.name
    const options = { signal, ...(former !== undefined && { mountFrom: former }), ...(login && { login }) }
    for (const tag of tags) {
      const tagged = { ...image, reference: `${registry.prefix}/${name}:${tag}` }
      await push(registry, tagged, options).catch((error: Error) => throwWithAccount(error, login))
    }
    pushed.push(`${registry.prefix}/${name}@${digestOf(image.manifest)}`)
  }
  return pushed
}

function throwWithAccount(error: Error, login: Login | undefined): never {
  if (login !== undefined || !/ answers 40[13]\b/.test(error.message)) throw error
  throw new Error(`${error.message}\nNo account is given: set REGISTRY_USER and REGISTRY_PASSWORD.`, { cause: error })
}

/** Images that the Dockerfile is built from; its own builder where none is named. */
export interface Bases {
  readonly base: string
  readonly builder?: string | undefined
}

/**
 * Builds the Dockerfile on another base image by buildah, without a daemon and without privileges, and pushes that.
 *
 * @returns `REPOSITORY@sha256:...` of each image
 */
export async function pushBuilt(release: Target, bases: Bases): Promise<string[]> {
  const { version, work, checkout } = release
  const args = buildArguments(release, bases)
  // The bases may be in the same private registry.
  buildahLogin(release)
  // Two of the images are one target. The layers are kept from one build for the next, which installs no package again.
  const targets = [...new Set(Object.values(IMAGES))].map((target) => {
    const local = `localhost/${target}:${version}`
    const layout = join(work, target)
    run('buildah', ['build', '--layers', ...authFile(work), '--target', target, ...args, '--tag', local, checkout])
    run('buildah', ['push', local, `oci:${layout}:${version}`])
    return [target, layoutImages(layout)[0] as PushedImage] as const
  })
  const built = new Map(targets)
  return pushAll(
    release,
    Object.entries(IMAGES).map(([name, target]) => ({ name, image: built.get(target) as PushedImage })),
  )
}

/** Logs buildah in, where there is an account. */
export function buildahLogin({ registry, work, login }: Target): void {
  if (login === undefined) return
  const host = registry.prefix.slice(0, registry.prefix.indexOf('/'))
  const account = ['--username', login.user, '--password-stdin']
  const file = ['--authfile', join(work, AUTH_FILE)]
  run('buildah', ['login', ...file, ...tls(registry), ...account, host], login.password)
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

/** None before a login: buildah refuses a file that is not there. */
function authFile(work: string): string[] {
  const file = join(work, AUTH_FILE)
  return existsSync(file) ? ['--authfile', file] : []
}

/** Plain HTTP only where `parseRegistry` allows it. */
function tls({ origin }: Registry): string[] {
  return origin.startsWith('http://') ? ['--tls-verify=false'] : []
}
