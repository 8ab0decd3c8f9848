import { createRequire } from 'node:module'
import type * as Cli from './cli.ts'

/** `npm run synth`. */

// Schemas are used once or twice in this process: compiling each costs more than it saves.
;(await import('zod')).config({ jitless: true })
// Two hundred small modules load faster this way: `import` makes promises for each of them.
const { run } = createRequire(import.meta.url)('./cli.ts') as typeof Cli

// Writing does not wait for anything: an interruption that comes meanwhile is seen when all files are in their place.
process.once('SIGINT', () => process.exit(130))
process.once('SIGTERM', () => process.exit(143))
try {
  console.log(run(process.argv.slice(2)))
} catch (error) {
  console.error(`synth: ${(error as Error).message}`)
  process.exitCode = 1
}
process.removeAllListeners('SIGINT').removeAllListeners('SIGTERM')
