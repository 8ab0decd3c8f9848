import { join, resolve } from 'node:path'
import { parseRegistry, type Registry } from '@chat-app/sandbox-images'
import { filled, readArguments, wrongArguments } from './arguments.ts'
import { askedVersion } from './version.ts'

/** Printed for `--help`. */
export const pushUsage = `npm run push-images -- --registry HOST/PATH [--version X.Y.Z] [--release DIR] [--out FILE]

Pushes the images that npm run package made with the same --registry and --version, tagged by version and by commit. They are in DIR
(dist/release/X.Y.Z by default). Their digests go to FILE (dist/images.txt by default).

REGISTRY_USER and REGISTRY_PASSWORD, where they are set, log in. With BASE_IMAGE the Dockerfile is built on that image instead (by
buildah, BUILD_IMAGE being its builder), and nothing of npm run package is needed.`

const text = { type: 'string' } as const

/** What `npm run push-images` was asked for; paths are absolute. */
export interface PushOptions {
  readonly registry: Registry
  /** Without "v"; the one that `npm run package` makes by default. */
  readonly version?: string
  /** The folder of the release; that of its version by default. */
  readonly release?: string
  /** The file for the digests. */
  readonly out: string
}

/** @throws Error that says what is wrong, and the usage */
export function pushOptionsOf(args: readonly string[], checkout: string): PushOptions {
  const known = { registry: text, version: text, release: text, out: text }
  const { registry, version, release, out } = filled(readArguments(args, known, pushUsage))
  try {
    if (registry === undefined) throw new Error('--registry is missing: where to?')
    return {
      registry: parseRegistry(registry),
      ...(version !== undefined && { version: askedVersion(version) }),
      ...(release !== undefined && { release: resolve(checkout, release) }),
      out: resolve(checkout, out ?? join('dist', 'images.txt')),
    }
  } catch (error) {
    throw wrongArguments((error as Error).message, pushUsage, error)
  }
}
