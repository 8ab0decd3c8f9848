import { readArguments, usageError, type Command } from '@chat-app/cli'
import { DEFAULT_REGISTRY, parseRegistry } from '@chat-app/sandbox-images'
import { join, resolve } from 'node:path'

const DEFAULT_OUT = join('dist', 'release')

/** Help and arguments of `npm run package`. */
export const command = {
  name: 'npm run package',
  usage: ['[-- [--version X.Y.Z] [--out DIR] [--registry HOST/PATH]]'],
  about: [
    'Makes a release of this checkout in DIR/X.Y.Z: install-crd.yaml and install.yaml, the Helm chart, the manifests of all environments, the images with the lists of their contents and licences, and checksums of all of it.',
    'The folder appears when it is complete. A release of the same version that is there is replaced; a folder that is no release is not.',
  ],
  options: {
    version: {
      value: 'X.Y.Z',
      help: 'semantic version, with or without a "v" before it; in the pipeline of a tag it must be that of the tag',
      default:
        'CI_COMMIT_TAG, else the highest tag of the commit, else a development version such as 0.1.0-dev.g1234abcd',
    },
    out: {
      value: 'DIR',
      help: 'folder of releases, relative to the checkout',
      default: DEFAULT_OUT,
    },
    registry: {
      value: 'HOST/PATH',
      help: 'what stands before /operator and /chat-service in the names of the images',
      default: DEFAULT_REGISTRY,
    },
  },
  variables: {
    SOURCE_DATE_EPOCH: 'seconds since 1970, the time of the images in place of that of the commit',
    CI_COMMIT_TAG: 'tag that the pipeline runs for',
    CI_COMMIT_SHA: 'commit, where there is no git; with CI_COMMIT_TIMESTAMP, its time',
  },
  exitCodes: {
    0: 'the release is complete',
    1: 'it was not made; nothing is left of it',
    '129, 130, 143': 'interrupted; nothing is left of it',
  },
  examples: {
    'npm run package': 'a release of the tag of this commit, or a development version',
    'npm run package -- --version 1.2.3 --registry registry.example.com/chat': 'for a registry of your own',
  },
} as const satisfies Command

/** What `npm run package` was asked for. */
export interface PackageOptions {
  /**
   * As it was given, with or without a "v".
   *
   * @default the tag of the commit, or a development version
   */
  readonly version?: string
  /** Absolute path of the folder of releases. */
  readonly out: string
  /** What stands before /operator in the names of the images. */
  readonly registry: string
}

/** @throws Error with the usage, for an unknown option or a wrong value */
export function readOptions(args: readonly string[], checkout: string): PackageOptions {
  const { values, names } = readArguments(command, args)
  const { version, out = DEFAULT_OUT, registry = DEFAULT_REGISTRY } = values
  if (names.length > 0) throw usageError(command, `unexpected argument "${names[0]}": a version is named by --version`)
  try {
    const { prefix } = parseRegistry(registry)
    return { ...(version !== undefined && { version }), out: resolve(checkout, out), registry: prefix }
  } catch (error) {
    throw usageError(command, (error as Error).message, error)
  }
}
