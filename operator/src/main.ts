import { pino } from 'pino'
import { readConfig } from './config.ts'
import { run } from './run.ts'

/** The program of the image: the operator, or with the argument `generate-secrets` a Job that creates missing Secrets. */
async function main([command, ...more]: readonly string[]): Promise<void> {
  if (more.length > 0 || (command !== undefined && command !== 'generate-secrets'))
    throw new Error(
      `unknown arguments: ${[command, ...more].join(' ')}; use generate-secrets, or none for the operator`,
    )
  if (command === undefined) return operator()
  const { generateSecretsCommand } = await import('./generate-secrets/command.ts')
  return generateSecretsCommand(process.env, pino())
}

/** Runs the operator with the configuration of the environment until SIGTERM or SIGINT. */
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
  // An open handle must not keep a stopped operator alive.
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`cannot continue: ${error instanceof Error ? error.message : String(error)}\n`)
    process.exit(1)
  },
)
