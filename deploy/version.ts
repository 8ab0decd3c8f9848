import { version as packageVersion } from '../environments/index.ts'
import { readSource } from '../release/source.ts'
import { releaseVersion } from '../release/version.ts'

/**
 * The release to deploy: the one that is asked for, in a pipeline the one that its `package` job makes, and else the one that
 * the environments name.
 *
 * @throws Error for a tag that is no semantic version
 */
export function deployedVersion(option: string | undefined, checkout: string, env: NodeJS.ProcessEnv): string {
  if (option !== undefined) return option.replace(/^v(?=\d)/, '')
  if (env['CI_COMMIT_SHA'] === undefined) return packageVersion
  const { tags, shortCommit } = readSource(checkout, env)
  const pipelineTag = env['CI_COMMIT_TAG']
  const sources = { commitTags: tags, packageVersion, commit: shortCommit }
  return releaseVersion({ ...sources, ...(pipelineTag && { pipelineTag }) }).version
}
