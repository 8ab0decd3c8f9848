import { flushCompileCache } from 'node:module'

/** Loads each command, so that the processes of the tests find it compiled. They are killed, and so write nothing. */
const COMMANDS = ['api', 'enable', 'migrate', 'prove', 'websocket', 'worker']

for (const command of COMMANDS) await import(`../src/commands/${command}.ts`)
flushCompileCache()
