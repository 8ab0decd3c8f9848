import { execFileSync } from 'node:child_process'

/** The commit that a release is made of. */
export interface Source {
  /** The whole commit. */
  readonly commit: string
  /** Its first 8 characters, as GitLab's `CI_COMMIT_SHORT_SHA`. */
  readonly shortCommit: string
  /** `SOURCE_DATE_EPOCH`, or the time of the commit; ISO 8601. */
  readonly created: string
  /**
   * Tags of the commit. None in a pipeline: it runs for one tag (`CI_COMMIT_TAG`) or for none, and one of a branch must
   * not make the release of a tag again.
   */
  readonly tags: readonly string[]
  /** Whether tracked files differ from the commit. */
  readonly isChanged: boolean
}

const COMMIT = /^[0-9a-f]{8,64}$/
/** The end of the year 9999: later times need more than four digits for the year. */
const LAST_SECOND = 253_402_300_799

/**
 * Reads the commit of a checkout from git, or from the pipeline's variables when there is no git. An empty variable
 * counts as unset.
 *
 * @throws Error when neither names the commit and its time
 */
export function readSource(checkout: string, env: NodeJS.ProcessEnv): Source {
  const git = (...args: string[]): string | undefined => runGit(checkout, args)
  const commit = git('rev-parse', 'HEAD') ?? given(env, 'CI_COMMIT_SHA')
  if (commit === undefined) {
    throw new Error(`${checkout}: neither git nor CI_COMMIT_SHA names the commit, which a release needs`)
  }
  if (!COMMIT.test(commit)) {
    throw new Error(
      `CI_COMMIT_SHA ${JSON.stringify(commit)}: must be a commit, 8 to 64 hexadecimal digits in lower case`,
    )
  }
  return {
    commit,
    shortCommit: commit.slice(0, 8),
    created: timeOf(git, env).toISOString().replace('.000Z', 'Z'),
    tags: given(env, 'CI_COMMIT_SHA') ? [] : lines(git('tag', '--points-at', 'HEAD')),
    isChanged: (git('status', '--porcelain', '--untracked-files=no') ?? '') !== '',
  }
}

function timeOf(git: (...args: string[]) => string | undefined, env: NodeJS.ProcessEnv): Date {
  const epoch = given(env, 'SOURCE_DATE_EPOCH')
  if (epoch !== undefined) {
    if (/^\d+$/.test(epoch) && Number(epoch) <= LAST_SECOND) return new Date(Number(epoch) * 1000)
    throw new Error(
      `SOURCE_DATE_EPOCH ${JSON.stringify(epoch)}: must be a number of seconds since 1970, 0 to ${LAST_SECOND}`,
    )
  }
  const committed = git('log', '-1', '--format=%ct')
  if (committed !== undefined) return new Date(Number(committed) * 1000)
  const text = given(env, 'CI_COMMIT_TIMESTAMP')
  const time = new Date(text ?? '')
  if (!Number.isNaN(time.getTime())) return time
  const wrong = text === undefined ? 'is missing' : `${JSON.stringify(text)} is not a time`
  throw new Error(
    `git does not give the time of the commit, and CI_COMMIT_TIMESTAMP ${wrong}: set SOURCE_DATE_EPOCH to it, in seconds since 1970`,
  )
}

function given(env: NodeJS.ProcessEnv, name: string): string | undefined {
  return env[name] || undefined
}

function lines(text = ''): string[] {
  return text.split('\n').filter((line) => line !== '')
}

function runGit(cwd: string, args: readonly string[]): string | undefined {
  try {
    return execFileSync('git', [...args], { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  } catch {
    return undefined
  }
}
