import { pino } from 'pino'
import { readConfig } from './config.ts'
import { run } from './run.ts'

/** The operator as a process: configuration from the environment, ends on SIGTERM or SIGINT. */
async function main(): Promise<void> {
  const config = readConfig(process.env)
  const log = pino({ level: config.logLevel, base: { identity: config.identity } })
  const operator = await run({ ...config, log })
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      log.info({ signal }, 'stopping')
      void operator.stop()
    })
  }
  await operator.done
  log.info('stopped')
}

main().then(
  // A forgotten handle must not keep a stopped operator alive.
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`the operator cannot go on: ${error instanceof Error ? error.message : String(error)}\n`)
    process.exit(1)
  },
)
