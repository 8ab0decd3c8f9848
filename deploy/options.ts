import { parseArgs } from 'node:util'

/** Printed for `--help`. */
export const usage = [
  'npm run deploy -- --env NAME [--cluster REGION] [--context NAME] [--version X] [--registry HOST/PATH]',
  '                  [--timeout SECONDS] [--dry-run] [--review NAME]',
].join('\n')

const DEFAULT_TIMEOUT_SECONDS = 600
const MAX_TIMEOUT_SECONDS = 3600

/** What `npm run deploy` was asked for. */
export interface Options {
  readonly env: string
  /** Which of the environment's clusters: `eu-central` or `prod/eu-central`. */
  readonly cluster?: string
  /** Of the kubeconfig; its current one by default. */
  readonly context?: string
  /** Release of our images; what the environment names by default. */
  readonly version?: string
  /** What stands before `/chat-service:VERSION`; what the environment names by default. */
  readonly registry?: string
  /** Until the operator is ready, then until the credentials are, and then until everything is. */
  readonly timeoutSeconds: number
  /** Shows what would change, and changes nothing. */
  readonly isDryRun: boolean
  /** Deploys only a ChatApp of this name beside that of the environment. */
  readonly review?: string
}

/** @throws Error that says what is wrong, and the usage */
export function optionsOf(args: readonly string[]): Options {
  const { env, cluster, context, version, registry, timeout, review, 'dry-run': isDryRun = false } = parsed(args)
  if (env === undefined) throw wrong('--env is missing: which environment?')
  if (review !== undefined && !/^[a-z]([-a-z0-9]{0,30}[a-z0-9])?$/.test(review))
    throw wrong(`--review "${review}": must be at most 32 lowercase letters, digits and "-", such as mr-12`)
  return {
    env,
    // A pipeline's variable that is not set comes as an empty text.
    ...filled({ cluster, context, version, registry, review }),
    timeoutSeconds: seconds(timeout),
    isDryRun,
  }
}

function parsed(args: readonly string[]) {
  const text = { type: 'string' } as const
  const options = {
    env: text,
    cluster: text,
    context: text,
    version: text,
    registry: text,
    timeout: text,
    review: text,
    'dry-run': { type: 'boolean' },
  } as const
  try {
    return parseArgs({ args: [...args], options }).values
  } catch (error) {
    throw wrong((error as Error).message, error)
  }
}

function filled<T extends string>(values: Record<T, string | undefined>): Partial<Record<T, string>> {
  const entries = Object.entries<string | undefined>(values).filter(([, value]) => value !== undefined && value !== '')
  return Object.fromEntries(entries) as Partial<Record<T, string>>
}

function seconds(text: string | undefined): number {
  if (text === undefined || text === '') return DEFAULT_TIMEOUT_SECONDS
  const value = Number(text)
  if (Number.isInteger(value) && value >= 1 && value <= MAX_TIMEOUT_SECONDS) return value
  throw wrong(`--timeout "${text}": must be a number of seconds from 1 to ${MAX_TIMEOUT_SECONDS}`)
}

function wrong(message: string, cause?: unknown): Error {
  return new Error(`${message}\nusage: ${usage}`, { cause })
}
