import { readArguments, usageError, type Command } from '@chat-app/cli'

const MARIADB = 'docker.io/library/mariadb:10.11'
const REDIS = 'docker.io/library/redis:7.2'

/** Help and arguments of `npm run demo`. */
export const command = {
  name: 'npm run demo',
  usage: ['[-- --keep]', '-- --page', '-- --context NAME [option...]'],
  about: [
    'Starts a real Kubernetes cluster on this machine, installs the operator, applies a ChatApp, runs two users who chat across two pods, and removes everything.',
    'With --context, it uses a cluster of your kubeconfig instead, and asks for confirmation before it creates anything.',
  ],
  options: {
    keep: { help: 'keep the cluster and everything in it' },
    page: { help: 'serve the chat page of a demo that was kept on this machine, until Ctrl-C' },
    context: { value: 'NAME', help: 'context of your kubeconfig to use instead of the sandbox' },
    registry: { value: 'HOST/PATH', help: 'with --context: registry that the images are pushed to and pulled from' },
    'mariadb-image': { value: 'NAME', help: 'with --context: image of MariaDB', default: MARIADB },
    'redis-image': { value: 'NAME', help: 'with --context: image of Redis', default: REDIS },
    yes: { help: 'do not ask for confirmation' },
  },
  variables: { CHAT_APP_SANDBOX_STATE: 'folder for the files of the sandbox, instead of .sandbox in the checkout' },
  exitCodes: {
    0: 'the demo succeeded, and everything was removed (or kept, with --keep)',
    1: 'the demo or the removal failed, or a requirement is missing',
    130: 'interrupted',
  },
  examples: {
    'npm run demo': 'run on this machine (Linux, root)',
    'npm run demo -- --keep': 'keep the cluster to inspect it',
    'npm run demo -- --page': 'chat in a browser with the demo that was kept',
    'npm run demo -- --context kind-chat --yes': 'run in an existing cluster',
  },
} as const satisfies Command

export interface DemoOptions {
  /** Whether to keep everything. */
  readonly keep?: true
  /** Whether to serve the page of a demo that was kept, instead of running one. */
  readonly page?: true
  /** @default the sandbox */
  readonly context?: string
  readonly registry?: string
  readonly mariadbImage: string
  readonly redisImage: string
  /** Whether to create objects without confirmation. */
  readonly yes?: true
}

/** @throws Error that names the invalid option and the valid ones, with the usage */
export function parseOptions(args: readonly string[]): DemoOptions {
  const { values, names } = readArguments(command, args)
  const { context, 'mariadb-image': mariadbImage, 'redis-image': redisImage, ...others } = values
  if (names.length > 0) throw usageError(command, `unexpected argument "${names[0]}"`)
  const given = (['registry', 'mariadb-image', 'redis-image'] as const).filter((name) => name in values)
  if (context === undefined && given.length > 0) {
    const flags = given.map((name) => `--${name}`).join(', ')
    throw usageError(command, `${flags}: valid only with --context NAME; the sandbox has its own images`)
  }
  if (values.page && Object.keys(values).length > 1)
    throw usageError(command, '--page: valid only alone; it is for a demo that was kept on this machine')
  return {
    ...others,
    ...(context !== undefined && { context }),
    mariadbImage: mariadbImage ?? MARIADB,
    redisImage: redisImage ?? REDIS,
  }
}
