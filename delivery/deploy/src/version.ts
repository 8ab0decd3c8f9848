import { version as packageVersion } from '@chat-app/environments'
import { readSource, releaseVersion, versionOf } from '@chat-app/release'

/**
 * The release to deploy: the value of `--version`; without it, in a pipeline, the one that its `package` job makes,
 * else the one of the environments.
 *
 * @param asked the value of `--version`, checked
 * @throws Error for a tag that is not a semantic version
 */
export function deployedVersion(asked: string | undefined, checkout: string, env: NodeJS.ProcessEnv): string {
  if (asked !== undefined) return asked
  if (!env['CI_COMMIT_SHA']) return packageVersion
  return packagedVersion(undefined, checkout, env)
}

/**
 * The release that `npm run package` makes of this checkout with the same `--version`, or without one.
 *
 * @throws Error for a tag or version that is not a semantic version
 */
export function packagedVersion(asked: string | undefined, checkout: string, env: NodeJS.ProcessEnv): string {
  return versionOf(readSource(checkout, env), asked, env).version
}

/**
 * The value of `--version` without a "v" before it. It need not be the tag of the pipeline: an older release may be
 * deployed by the pipeline of a newer one.
 *
 * @throws Error for a value that is not a semantic version
 */
export function askedVersion(option: string): string {
  return releaseVersion({ option, commitTags: [], packageVersion, commit: '' }).version
}
