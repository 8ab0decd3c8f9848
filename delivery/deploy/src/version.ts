import { version as packageVersion } from '@chat-app/environments'
import { readSource, releaseVersion, versionOf } from '@chat-app/release'

/**
 * The release to deploy: the one that is asked for, in a pipeline the one that its `package` job makes, and else the one that
 * the environments name.
 *
 * @throws Error for a tag that is no semantic version
 */
export function deployedVersion(asked: string | undefined, checkout: string, env: NodeJS.ProcessEnv): string {
  if (asked !== undefined) return asked
  if (!env['CI_COMMIT_SHA']) return packageVersion
  return packagedVersion(undefined, checkout, env)
}

/**
 * The release that `npm run package` makes of this checkout, asked for the same version or for none.
 *
 * @throws Error for what is no semantic version
 */
export function packagedVersion(asked: string | undefined, checkout: string, env: NodeJS.ProcessEnv): string {
  return versionOf(readSource(checkout, env), asked, env).version
}

/**
 * What `--version` says, without a "v" before it; whatever the pipeline runs for, as an older release is deployed in that of a newer one.
 *
 * @throws Error for what is no semantic version
 */
export function askedVersion(option: string): string {
  return releaseVersion({ option, commitTags: [], packageVersion, commit: '' }).version
}
