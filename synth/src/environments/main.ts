import { runCommand } from '@chat-app/cli'
import { command, run } from './cli.ts'

/** `npm run environments`. */

await runCommand(command, (args) => console.log(run(args)))
