import { startApi } from './commands/api.ts'
import { runMigrate } from './commands/migrate.ts'
import { startWebSocket } from './commands/websocket.ts'
import { ConfigError, loadConfig, type Command } from './config/load.ts'
import { createLogger } from './support/log.ts'
import { onSignal } from './support/shutdown.ts'

const COMMANDS: readonly Command[] = ['api', 'websocket', 'migrate']

const EXIT_USAGE = 2
/** EX_SOFTWARE and EX_CONFIG of sysexits.h. */
const EXIT_SOFTWARE = 70
const EXIT_CONFIG = 78
/** As a shell reports an end by SIGTERM. */
const EXIT_TERMINATED = 143

await main(process.argv[2])

async function main(name: string | undefined): Promise<void> {
  const command = COMMANDS.find((known) => known === name)
  if (!command) return fail(`usage: main.js ${COMMANDS.join('|')} (not "${name ?? ''}")`, EXIT_USAGE)
  try {
    await run(command)
  } catch (error) {
    if (error instanceof ConfigError) return fail(error.message, EXIT_CONFIG)
    throw error
  }
}

async function run(command: Command): Promise<void> {
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
    process.exit(await runMigrate(config, log))
  }
  const { steps, ...listening } = await (command === 'api' ? startApi(config, log) : startWebSocket(config, log))
  onSignal(() => steps, log)
  log.info(listening, `${command} is listening`)
}

/** Ends with a message on stderr, as the log needs a valid configuration. */
function fail(message: string, code: number): void {
  process.stderr.write(`${message}\n`)
  process.exitCode = code
}
