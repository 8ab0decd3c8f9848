import { version as packageVersion } from '@chat-app/environments'
import { coerce, lt, prerelease, rsort, valid } from 'semver'
import type { Source } from './source.ts'

/** What a release's version can come from, in the order in which it is taken. */
export interface VersionSources {
  /** The tag that a pipeline runs for (`CI_COMMIT_TAG`). */
  readonly pipelineTag?: string
  /** `--version`. */
  readonly option?: string
  /** Tags of the commit, in any order: the highest version counts. */
  readonly commitTags: readonly string[]
  /** Version of package.json and the short commit, for what is no release. */
  readonly packageVersion: string
  readonly commit: string
}

export interface ReleaseVersion {
  /** A semantic version without build metadata: "1.2.3", "1.2.3-rc.1". */
  readonly version: string
  /** Whether a tag says so: then it is a release for others, which the changelog must name. */
  readonly isTagged: boolean
}

/** It is the value of a label. */
const MAX_LENGTH = 63

/**
 * The version of a release: of the pipeline's tag, of the option, of the commit's tag, or the next one in development.
 *
 * @throws Error that quotes what is no version
 */
export function releaseVersion(sources: VersionSources): ReleaseVersion {
  const { pipelineTag, option, commitTags, packageVersion, commit } = sources
  if (pipelineTag !== undefined) return { version: agreed(pipelineTag, option), isTagged: true }
  if (option !== undefined) return { version: parse('--version', option), isTagged: false }
  const [tagged] = rsort(commitTags.map(withoutV).filter((tag) => isVersion(tag) && tag.length <= MAX_LENGTH))
  if (tagged !== undefined) return { version: tagged, isTagged: true }
  // With a letter, as `git describe` has it: a commit of digits alone may begin with 0, which no version's number does.
  return { version: parse('package.json', `${packageVersion}-dev.g${commit}`), isTagged: false }
}

/**
 * The version of a release of these sources, in a pipeline and elsewhere.
 *
 * @param option `--version`
 * @throws Error that quotes what is no version
 */
export function versionOf(
  { tags, shortCommit }: Source,
  option: string | undefined,
  env: NodeJS.ProcessEnv,
): ReleaseVersion {
  const pipelineTag = env['CI_COMMIT_TAG']
  const asked = option === undefined ? {} : { option }
  const sources = { ...asked, commitTags: tags, packageVersion, commit: shortCommit }
  return releaseVersion({ ...sources, ...(pipelineTag && { pipelineTag }) })
}

function agreed(tag: string, option: string | undefined): string {
  const version = parse('CI_COMMIT_TAG', tag)
  if (option === undefined || withoutV(option) === version) return version
  throw new Error(`--version ${JSON.stringify(option)} contradicts CI_COMMIT_TAG ${JSON.stringify(tag)}: leave one out`)
}

function parse(source: string, text: string): string {
  const version = withoutV(text)
  if (version.length > MAX_LENGTH) {
    throw new Error(
      `${source} ${JSON.stringify(text)}: has ${version.length} characters, at most ${MAX_LENGTH} are possible`,
    )
  }
  if (isVersion(version)) return version
  const rule = 'must be a semantic version such as 1.2.3 or v1.2.3-rc.1, without build metadata (+...)'
  throw new Error(`${source} ${JSON.stringify(text)}: ${rule}`)
}

/** Without build metadata, which `valid` leaves out: the tag of an image cannot have a "+". */
function isVersion(text: string): boolean {
  return valid(text) === text
}

function withoutV(text: string): string {
  return text.replace(/^v/, '')
}

/**
 * Whether a version is older than another one. A version in development says which release it leads to and not when it
 * was made, so only the releases are compared then.
 */
export function isOlder(version: string, than: string): boolean {
  const isDevelopment = [version, than].some((each) => prerelease(each)?.[0] === 'dev')
  return isDevelopment ? lt(coerce(version) ?? version, coerce(than) ?? than) : lt(version, than)
}
