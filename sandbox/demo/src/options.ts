import { readArguments, usageError, type Command } from '@chat-app/cli'

const MARIADB = 'docker.io/library/mariadb:10.11'
const REDIS = 'docker.io/library/redis:7.2'

/** Help and arguments of `npm run demo`. */
export const command = {
  name: 'npm run demo',
  usage: ['[-- --keep]', '-- --context NAME [option...]'],
  about: [
    'Starts a real Kubernetes on this machine, installs the operator, applies a ChatApp, lets two users chat across two pods, and removes all of it.',
    'With --context it uses a cluster of your kubeconfig instead, and asks before it creates anything there.',
  ],
  options: {
    keep: { help: 'leave everything running' },
    context: { value: 'NAME', help: 'context of the kubeconfig, in place of the sandbox' },
    registry: { value: 'HOST/PATH', help: 'with --context: registry that the images are pushed to and pulled from' },
    'mariadb-image': { value: 'NAME', help: 'with --context: image of MariaDB', default: MARIADB },
    'redis-image': { value: 'NAME', help: 'with --context: image of Redis', default: REDIS },
    yes: { help: 'do not ask before anything is created' },
  },
  variables: { CHAT_APP_SANDBOX_STATE: 'folder for the files of the sandbox, in place of .sandbox of the checkout' },
  exitCodes: {
    0: 'the users chatted, and everything is removed, or kept with --keep',
    1: 'something failed or is missing',
    130: 'interrupted',
  },
  examples: {
    'npm run demo': 'on this machine, as root on Linux',
    'npm run demo -- --keep': 'and look around afterwards',
    'npm run demo -- --context kind-chat --yes': 'in a cluster that you have',
  },
} as const satisfies Command

export interface DemoOptions {
  /** Whether everything is left running. */
  readonly keep?: true
  /** @default the sandbox */
  readonly context?: string
  readonly registry?: string
  readonly mariadbImage: string
  readonly redisImage: string
  /** Whether nothing is asked. */
  readonly yes?: true
}

/** @throws Error that names the option and what is valid, with the usage */
export function parseOptions(args: readonly string[]): DemoOptions {
  const { values, names } = readArguments(command, args)
  const { context, 'mariadb-image': mariadbImage, 'redis-image': redisImage, ...others } = values
  if (names.length > 0) throw usageError(command, `unexpected argument "${names[0]}"`)
  const given = (['registry', 'mariadb-image', 'redis-image'] as const).filter((name) => name in values)
  if (context === undefined && given.length > 0) {
    const flags = given.map((name) => `--${name}`).join(', ')
    throw usageError(command, `${flags}: only with --context NAME; the sandbox has its own images`)
  }
  return {
    ...others,
    ...(context !== undefined && { context }),
    mariadbImage: mariadbImage ?? MARIADB,
    redisImage: redisImage ?? REDIS,
  }
}
