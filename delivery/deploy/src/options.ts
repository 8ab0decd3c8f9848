import { formats } from '@chat-app/crds'
import { filled, readArguments, wrongArguments } from './arguments.ts'
import { askedVersion } from './version.ts'

/** Printed for `--help`. */
export const usage = [
  'npm run deploy -- --env NAME [--cluster REGION] [--context NAME] [--version X.Y.Z] [--registry HOST/PATH]',
  '                  [--timeout SECONDS] [--dry-run] [--review NAME]',
].join('\n')

const DEFAULT_TIMEOUT_SECONDS = 600
const MAX_TIMEOUT_SECONDS = 3600
const text = { type: 'string' } as const
const known = {
  env: text,
  cluster: text,
  context: text,
  version: text,
  registry: text,
  timeout: text,
  review: text,
  'dry-run': { type: 'boolean' },
} as const

/** What `npm run deploy` was asked for. */
export interface Options {
  readonly env: string
  /** Which of the environment's clusters: `eu-central` or `prod/eu-central`. */
  readonly cluster?: string
  /** Of the kubeconfig; its current one by default. */
  readonly context?: string
  /** Release of our images, without "v"; what the environment names by default. */
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
  const { env, timeout, 'dry-run': isDryRun = false, ...others } = readArguments(args, known, usage)
  const { version, registry, ...names } = filled(others)
  try {
    if (env === undefined) throw new Error('--env is missing: which environment?')
    if (registry !== undefined) assertRegistry(registry)
    if (names.review !== undefined) assertReview(names.review)
    return {
      env,
      ...names,
      ...(version !== undefined && { version: askedVersion(version) }),
      ...(registry !== undefined && { registry }),
      timeoutSeconds: seconds(timeout),
      isDryRun,
    }
  } catch (error) {
    throw wrongArguments((error as Error).message, usage, error)
  }
}

/** As the ChatApp wants it: here it is still known which option it came from. */
function assertRegistry(registry: string): void {
  const { max, pattern, must } = formats.registry
  if (registry.length <= max && new RegExp(pattern).test(registry)) return
  throw new Error(`--registry ${JSON.stringify(registry)}: must be ${must}`)
}

function assertReview(review: string): void {
  if (/^[a-z]([-a-z0-9]{0,30}[a-z0-9])?$/.test(review)) return
  const must = 'at most 32 lowercase letters, digits and "-", such as mr-12'
  throw new Error(`--review ${JSON.stringify(review)}: must be ${must}`)
}

function seconds(text: string | undefined): number {
  if (text === undefined || text === '') return DEFAULT_TIMEOUT_SECONDS
  const value = Number(text)
  if (Number.isInteger(value) && value >= 1 && value <= MAX_TIMEOUT_SECONDS) return value
  throw new Error(`--timeout ${JSON.stringify(text)}: must be a number of seconds from 1 to ${MAX_TIMEOUT_SECONDS}`)
}
