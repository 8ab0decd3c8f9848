import { Command } from 'commander'

export interface DemoOptions {
  readonly keep?: true
  readonly context?: string
  readonly registry?: string
  readonly mariadbImage: string
  readonly redisImage: string
  readonly yes?: true
}

/** What the user asks for; ends the process with a message when that makes no sense. */
export function parseOptions(argv: readonly string[]): DemoOptions {
  const command = new Command('npm run demo --')
    .description(
      'Starts a real Kubernetes, installs the operator, applies a ChatApp, and lets two users chat across two pods.',
    )
    .option('--keep', 'leave everything running')
    .option('--context <name>', 'use this cluster of your kubeconfig instead of the sandbox')
    .option('--registry <host/path>', 'with --context: push the images there, and let the cluster pull from there')
    .option('--mariadb-image <name>', 'with --context', 'docker.io/library/mariadb:10.11')
    .option('--redis-image <name>', 'with --context', 'docker.io/library/redis:7.2')
    .option('--yes', 'with --context: do not ask before anything is created')
    .parse(argv, { from: 'user' })
  const options = command.opts<DemoOptions>()
  const given = ['registry', 'mariadbImage', 'redisImage'].filter(
    (name) => command.getOptionValueSource(name) === 'cli',
  )
  if (options.context === undefined && given.length > 0) {
    const flags = command.options.filter((option) => given.includes(option.attributeName())).map(({ long }) => long)
    command.error(`${flags.join(', ')}: only with --context NAME; the sandbox has its own images`)
  }
  return options
}
