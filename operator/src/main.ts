import { pino } from 'pino'
import { readConfig } from './config.ts'
import { run } from './run.ts'
import { generateSecretsCommand } from './generate-secrets/command.ts'

/** What the image runs: the operator, or with the argument `generate-secrets` what makes missing Secrets and ends. */
async function main([command, ...more]: readonly string[]): Promise<void> {
  if (more.length > 0 || (command !== undefined && command !== 'generate-secrets'))
    throw new Error(`unknown arguments ${[command, ...more].join(' ')}; there is generate-secrets, or none`)
  if (command === undefined) return operator()
  return generateSecretsCommand(process.env, pino())
}

/** The operator as a process: configuration from the environment, ends on SIGTERM or SIGINT. */
async function operator(): Promise<void> {
  const config = readConfig(process.env)
  const log = pino({ level: config.logLevel, base: { identity: config.identity } })
  const running = await run({ ...config, log })
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      log.info({ signal }, 'stopping')
      void running.stop()
    })
  }
  await running.done
  log.info('stopped')
}

main(process.argv.slice(2)).then(
  // A forgotten handle must not keep a stopped operator alive.
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`cannot go on: ${error instanceof Error ? error.message : String(error)}\n`)
    process.exit(1)
  },
)
