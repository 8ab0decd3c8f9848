import { DEFAULT_REGISTRY, parseRegistry } from '@chat-app/sandbox-images'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'

export interface PackageOptions {
  readonly version?: string
  /** Absolute path of the folder of releases. */
  readonly out: string
  /** What stands before /operator in the names of the images. */
  readonly registry: string
}

/** Printed for `--help`. */
export const USAGE = `npm run package [-- --version X.Y.Z] [--out DIR] [--registry HOST/PATH]

Makes a release in DIR/X.Y.Z (dist/release by default). Without --version: the tag (CI_COMMIT_TAG, or of the commit), else a
version in development.`

/** @throws Error with the usage, for an unknown option or a wrong value */
export function readOptions(args: readonly string[], checkout: string): PackageOptions {
  const options = { version: { type: 'string' }, out: { type: 'string' }, registry: { type: 'string' } } as const
  try {
    const { version, out, registry = DEFAULT_REGISTRY } = parseArgs({ args: [...args], options }).values
    const { prefix } = parseRegistry(registry)
    return {
      ...(version !== undefined && { version }),
      out: resolve(checkout, out ?? 'dist/release'),
      registry: prefix,
    }
  } catch (error) {
    throw new Error(`${(error as Error).message}\nusage: ${USAGE}`, { cause: error })
  }
}
