import { createRequire } from 'node:module'
import { runCommand } from '@chat-app/cli'
import type * as Cli from './cli.ts'

/** `npm run synth`. */

// Schemas are used once or twice in this process: compiling each costs more than it saves.
;(await import('zod')).config({ jitless: true })
// Two hundred small modules load faster this way: `import` makes promises for each of them.
const { command, run } = createRequire(import.meta.url)('./cli.ts') as typeof Cli

// Writing blocks the process: a signal that arrives meanwhile is handled when all files are in their place.
process.once('SIGINT', () => process.exit(130))
process.once('SIGTERM', () => process.exit(143))
await runCommand(command, (args) => console.log(run(args)))
process.removeAllListeners('SIGINT').removeAllListeners('SIGTERM')
