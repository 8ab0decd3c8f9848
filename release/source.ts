import { execFileSync } from 'node:child_process'

/** The sources that a release is made of. */
export interface Source {
  /** The whole commit. */
  readonly commit: string
  /** Its first 8 characters, as GitLab's `CI_COMMIT_SHORT_SHA`. */
  readonly shortCommit: string
  /** Time of the commit, or `SOURCE_DATE_EPOCH`; ISO 8601. */
  readonly created: string
  /**
   * Tags of the commit, the highest version first. None in a pipeline: it runs for one tag (`CI_COMMIT_TAG`) or for none, and one of a
   * branch must not make the release of a tag again.
   */
  readonly tags: readonly string[]
  /** Whether files differ from the commit. */
  readonly isChanged: boolean
}

/**
 * What git says of a checkout; where there is no git, the pipeline's variables.
 *
 * @throws Error when neither says which commit it is
 */
export function readSource(checkout: string, env: NodeJS.ProcessEnv): Source {
  const git = (...args: string[]): string | undefined => runGit(checkout, args)
  const commit = git('rev-parse', 'HEAD') ?? env['CI_COMMIT_SHA']
  if (commit === undefined) {
    throw new Error(`${checkout}: neither git nor CI_COMMIT_SHA says which commit this is; a release names its own`)
  }
  const seconds = Number(env['SOURCE_DATE_EPOCH'] ?? git('log', '-1', '--format=%ct') ?? 0)
  if (!Number.isSafeInteger(seconds)) {
    throw new Error(`SOURCE_DATE_EPOCH ${JSON.stringify(env['SOURCE_DATE_EPOCH'])}: must be a number of seconds`)
  }
  return {
    commit,
    shortCommit: commit.slice(0, 8),
    created: new Date(seconds * 1000).toISOString().replace('.000Z', 'Z'),
    tags: env['CI_COMMIT_SHA'] ? [] : lines(git('tag', '--points-at', 'HEAD', '--sort=-v:refname')),
    isChanged: (git('status', '--porcelain', '--untracked-files=no') ?? '') !== '',
  }
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
