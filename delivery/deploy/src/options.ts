import { readArguments, unknownName, usageError, type Command } from '@chat-app/cli'
import { formats } from '@chat-app/crds'
import { environments } from '@chat-app/environments'
import { DEFAULT_TIMEOUT_SECONDS, MAX_REVIEW_LENGTH, MAX_TIMEOUT_SECONDS } from './limits.ts'
import { ACCEPTABLE, type Acceptable } from './objections.ts'
import { askedVersion } from './version.ts'

/** Help and arguments of `npm run deploy`. */
export const command = {
  name: 'npm run deploy',
  usage: ['-- --env NAME [option...]'],
  about: [
    'Applies the manifests of an environment to a cluster, by kubectl of PATH and server-side apply, and waits until everything is ready. Before that it prints what changes. It deletes nothing: objects that are no longer in the manifests are only named.',
    'It refuses a cluster that holds another environment or a newer version, to take over objects and fields of others, and to upgrade the database to another major version, unless --accept names it.',
  ],
  options: {
    env: { value: 'NAME', help: `environment (required): ${environments.map(({ name }) => name).join(', ')}` },
    cluster: {
      value: 'REGION',
      help: 'which cluster of the environment, such as eu-central; required where it has several',
    },
    context: {
      value: 'NAME',
      help: 'context of the kubeconfig (KUBECONFIG, or ~/.kube/config)',
      default: 'the current one; none in a pipeline',
    },
    version: {
      value: 'X.Y.Z',
      help: 'release of the images to deploy',
      default: 'that of the environment; in a pipeline, the one that npm run package makes',
    },
    registry: {
      value: 'HOST/PATH',
      help: 'what stands before /operator and /chat-service in the names of the images',
      default: 'that of the environment',
    },
    timeout: {
      value: 'SECONDS',
      help: `how long the operator and the credentials of each file, and then everything, may take to be ready; 1 to ${MAX_TIMEOUT_SECONDS}`,
      default: `${DEFAULT_TIMEOUT_SECONDS}`,
    },
    accept: {
      value: 'WHAT,...',
      help: `what not to refuse: ${Object.entries(ACCEPTABLE)
        .map(([name, meaning]) => `${name} (${meaning})`)
        .join(', ')}`,
    },
    'dry-run': { help: 'print what would change, and change nothing' },
    review: {
      value: 'NAME',
      help: 'apply only a ChatApp named review-NAME, at hosts of its own, beside that of the environment',
    },
  },
  variables: {
    KUBECONFIG: 'the kubeconfig, as for kubectl',
    CI: 'set in a pipeline: --context is required then',
    'CI_COMMIT_SHA, CI_COMMIT_TAG': 'in a pipeline: what the default of --version is made from',
  },
  exitCodes: {
    0: 'everything is ready; with --dry-run, the changes are printed',
    1: 'an argument is wrong, the deployment or an object is refused, or something is not ready in time',
  },
  examples: {
    'npm run deploy -- --env staging --dry-run': 'what would change',
    'npm run deploy -- --env prod --cluster us-east --context us': 'one of two clusters',
    'npm run deploy -- --env prod --cluster us-east --version 1.2.2 --accept older-version':
      'back to an earlier release',
    'npm run deploy -- --env dev --review mr-12': 'a ChatApp for a merge request',
  },
} as const satisfies Command

/** What `npm run deploy` was asked for. */
export interface Options {
  readonly env: string
  /**
   * Which of the environment's clusters: `eu-central` or `prod/eu-central`.
   *
   * @default the only one
   */
  readonly cluster?: string
  /** @default the current context of the kubeconfig */
  readonly context?: string
  /**
   * Release of our images, without "v".
   *
   * @default that of the environment
   */
  readonly version?: string
  /**
   * What stands before `/chat-service:VERSION`.
   *
   * @default that of the environment
   */
  readonly registry?: string
  /** How long the foundations of each file, and then everything, may take to be ready. */
  readonly timeoutSeconds: number
  /** What is not refused. */
  readonly accept: readonly Acceptable[]
  /** Prints what would change, and changes nothing. */
  readonly isDryRun: boolean
  /**
   * Name of the only ChatApp that is applied, beside that of the environment.
   *
   * @default the whole bundle is applied
   */
  readonly review?: string
}

/** @throws Error that names the option, its value and what is valid, with the usage */
export function optionsOf(args: readonly string[]): Options {
  const { values, names } = readArguments(command, args)
  const { env, timeout, version, registry, accept, 'dry-run': isDryRun = false, ...others } = values
  try {
    if (names.length > 0) throw new Error(`unexpected argument "${names[0]}": an environment is named by --env`)
    if (env === undefined) throw new Error('--env is missing: which environment?')
    if (registry !== undefined) assertRegistry(registry)
    if (others.review !== undefined) assertReview(others.review)
    return {
      env,
      ...others,
      ...(version !== undefined && { version: askedVersion(version) }),
      ...(registry !== undefined && { registry }),
      accept: accepted(accept),
      timeoutSeconds: timeout === undefined ? DEFAULT_TIMEOUT_SECONDS : seconds(timeout),
      isDryRun,
    }
  } catch (error) {
    throw usageError(command, (error as Error).message, error)
  }
}

/** The rule of the ChatApp's field, checked here because the message can name the option. */
function assertRegistry(registry: string): void {
  const { max, pattern, must } = formats.registry
  if (registry.length <= max && new RegExp(pattern).test(registry)) return
  throw new Error(`--registry ${JSON.stringify(registry)}: must be ${must}`)
}

function assertReview(review: string): void {
  if (review.length <= MAX_REVIEW_LENGTH && /^[a-z]([-a-z0-9]*[a-z0-9])?$/.test(review)) return
  const must = `at most ${MAX_REVIEW_LENGTH} lowercase letters, digits and "-", such as mr-12`
  throw new Error(`--review ${JSON.stringify(review)}: must be ${must}`)
}

function accepted(list = ''): Acceptable[] {
  const names = list.split(',').flatMap((name) => name.trim() || [])
  const valid = Object.keys(ACCEPTABLE)
  const unknown = names.find((name) => !valid.includes(name))
  if (unknown !== undefined) throw new Error(`--accept: ${unknownName('name', unknown, valid)}`)
  return names as Acceptable[]
}

function seconds(text: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 1 && value <= MAX_TIMEOUT_SECONDS) return value
  throw new Error(`--timeout ${JSON.stringify(text)}: must be a number of seconds from 1 to ${MAX_TIMEOUT_SECONDS}`)
}
