import { readArguments, usageError, type Command } from '@chat-app/cli'
import { parseRegistry, type Registry } from '@chat-app/sandbox-images'
import { join, resolve } from 'node:path'
import { askedVersion } from './version.ts'

const DEFAULT_OUT = join('dist', 'images.txt')

/** Help and arguments of `npm run push-images`. */
export const pushCommand = {
  name: 'npm run push-images',
  usage: ['-- --registry HOST/PATH [--version X.Y.Z] [--release DIR] [--out FILE]'],
  about: [
    'Pushes the images that npm run package made with the same --registry and --version, tagged by version and by commit, and writes their digests to a file.',
    'With BASE_IMAGE it builds the Dockerfile on that image by buildah and pushes the result; nothing of npm run package is needed then.',
  ],
  options: {
    registry: { value: 'HOST/PATH', help: 'where the images are pushed to (required)' },
    version: {
      value: 'X.Y.Z',
      help: 'release to push',
      default: 'the one that npm run package makes of this checkout',
    },
    release: { value: 'DIR', help: 'folder of the release, relative to the checkout', default: 'dist/release/X.Y.Z' },
    out: {
      value: 'FILE',
      help: 'file that the digests are written to, relative to the checkout',
      default: DEFAULT_OUT,
    },
  },
  variables: {
    'REGISTRY_USER, REGISTRY_PASSWORD': 'login of the registry; without them none is sent',
    BASE_IMAGE: 'image to build the Dockerfile on',
    BUILD_IMAGE: 'with BASE_IMAGE: the image that the programs are built in',
  },
  exitCodes: { 0: 'all images are pushed', 1: 'an argument is wrong, or an image was not pushed' },
  examples: {
    'npm run push-images -- --registry registry.example.com/team/chat': 'the release of this commit',
    'npm run push-images -- --registry localhost:5000/chat --version 1.2.3': 'an earlier release',
  },
} as const satisfies Command

/** What `npm run push-images` was asked for; paths are absolute. */
export interface PushOptions {
  readonly registry: Registry
  /**
   * Without "v".
   *
   * @default the version that `npm run package` makes
   */
  readonly version?: string
  /**
   * The folder of the release.
   *
   * @default that of its version
   */
  readonly release?: string
  /** The file for the digests. */
  readonly out: string
}

/** @throws Error that names the option, its value and what is valid, with the usage */
export function pushOptionsOf(args: readonly string[], checkout: string): PushOptions {
  const { values, names } = readArguments(pushCommand, args)
  const { registry, version, release, out = DEFAULT_OUT } = values
  try {
    if (names.length > 0) throw new Error(`unexpected argument "${names[0]}": a registry is named by --registry`)
    if (registry === undefined) throw new Error('--registry is missing: where to?')
    return {
      registry: parseRegistry(registry),
      ...(version !== undefined && { version: askedVersion(version) }),
      ...(release !== undefined && { release: resolve(checkout, release) }),
      out: resolve(checkout, out),
    }
  } catch (error) {
    throw usageError(pushCommand, (error as Error).message, error)
  }
}
