import { startApi } from './commands/api.ts'
import { ConfigError, loadConfig, type Command } from './config/load.ts'
import { createLogger } from './support/log.ts'
import { runMigrate } from './commands/migrate.ts'
import { onSignal } from './support/shutdown.ts'
import { startWebSocket } from './commands/websocket.ts'

const commands: readonly Command[] = ['api', 'websocket', 'migrate']

await main(process.argv[2])

async function main(name: string | undefined): Promise<void> {
  const command = commands.find((known) => known === name)
  if (!command) return fail(`usage: main.js ${commands.join('|')} (not "${name ?? ''}")`, 2)
  try {
    await run(command)
  } catch (error) {
    if (error instanceof ConfigError) return fail(error.message, 78)
    throw error
  }
}

async function run(command: Command): Promise<void> {
  const config = loadConfig(command)
  const log = createLogger({ level: config.logLevel, command, nodeId: config.nodeId })
  process.on('uncaughtException', (error) => {
    log.fatal({ error: error.stack }, 'unexpected error')
    process.exit(70)
  })
  process.on('unhandledRejection', (reason) => {
    throw reason
  })
  if (command === 'migrate') {
    process.on('SIGTERM', () => process.exit(143))
    process.exit(await runMigrate(config, log))
  }
  const { steps, ...listening } = await (command === 'api' ? startApi(config, log) : startWebSocket(config, log))
  onSignal(() => steps, log)
  log.info(listening, `${command} serves`)
}

/** One JSON line as the log writes them; 78 is EX_CONFIG, 70 EX_SOFTWARE of sysexits.h. */
function fail(message: string, code: number): void {
  process.stderr.write(`${message}\n`)
  process.exitCode = code
}
