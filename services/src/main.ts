import { writeTerminationMessage } from './commands/termination-message.ts'
import { ConfigError, loadConfig, type Command, type Config } from './config/load.ts'
import { terminationLog } from './config/variables.ts'
import { createLogger, type Logger } from './support/log.ts'
import { onSignal, type Running } from './support/shutdown.ts'

const COMMANDS: readonly Command[] = ['api', 'websocket', 'worker', 'migrate', 'enable', 'prove']

const EXIT_USAGE = 2
/** EX_SOFTWARE of sysexits.h. */
const EXIT_SOFTWARE = 70
/** EX_CONFIG of sysexits.h: only another configuration or another release helps. The Jobs of `migrate` and `prove` do not try again. */
const EXIT_CONFIG = 78
/** As a shell reports an end by SIGTERM. */
const EXIT_TERMINATED = 143

await main(...process.argv.slice(2))

async function main(name?: string, ...options: string[]): Promise<void> {
  const command = COMMANDS.find((known) => known === name)
  if (!command) return fail(`usage: main.js ${COMMANDS.join('|')} (not "${name ?? ''}")`, EXIT_USAGE)
  const isCheck = command === 'enable' && options[0] === '--check'
  const [excess] = options.slice(isCheck ? 1 : 0)
  if (excess !== undefined) return fail(`unexpected argument "${excess}": only enable has one, --check`, EXIT_USAGE)
  try {
    await run(command, isCheck)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    if (command === 'migrate' || command === 'prove') {
      writeTerminationMessage(terminationLog(process.env), { error: error.message, reason: 'ConfigInvalid' })
    }
    fail(error.message, EXIT_CONFIG)
  }
}

async function run(command: Command, isCheck: boolean): Promise<void> {
  const config = loadConfig(command)
  const log = createLogger({ level: config.logLevel, command, nodeId: config.nodeId })
  process.on('uncaughtException', (error) => {
    log.fatal({ error: error.stack }, 'unexpected error')
    process.exit(EXIT_SOFTWARE)
  })
  process.on('unhandledRejection', (reason) => {
    throw reason
  })
  if (command === 'migrate') {
    process.on('SIGTERM', () => process.exit(EXIT_TERMINATED))
    const { runMigrate } = await import('./commands/migrate.ts')
    process.exit(await runMigrate(config, log, EXIT_CONFIG))
  }
  if (command === 'enable') {
    process.on('SIGTERM', () => process.exit(EXIT_TERMINATED))
    const { runEnable } = await import('./commands/enable.ts')
    process.exit(await runEnable(config, log, isCheck))
  }
  if (config.proof) {
    const stop = new AbortController()
    process.once('SIGTERM', () => stop.abort())
    const { runProve } = await import('./commands/prove.ts')
    process.exit(await runProve(config, config.proof, log, stop.signal))
  }
  const { steps, ...listening } = await start(command, config, log)
  onSignal(() => steps, log)
  log.info(listening, `${command} is listening`)
}

/** Each command is loaded when it is named: all of them take a second of CPU. */
async function start(command: Command, config: Config, log: Logger): Promise<Running> {
  if (command === 'worker') return (await import('./commands/worker.ts')).startWorker(config, log)
  if (command === 'api') return (await import('./commands/api.ts')).startApi(config, log)
  return (await import('./commands/websocket.ts')).startWebSocket(config, log)
}

/** Ends with a message on stderr, as the log needs a valid configuration. */
function fail(message: string, code: number): void {
  process.stderr.write(`${message}\n`)
  process.exitCode = code
}
