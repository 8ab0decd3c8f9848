#!/usr/bin/env node
import { helpText, unknownName, type Command } from '@chat-app/cli'
import { basename } from 'node:path'
import { connectBy } from './cluster/cluster.ts'
import { complete } from './completion/complete.ts'
import { completion } from './completion/command.ts'
import { CleanUps } from './command/clean-ups.ts'
import { COMMON_EXIT_CODES, NO_COLOR_VARIABLES, type Context, type Subcommand } from './command/subcommand.ts'
import { processTerminal } from './command/terminal.ts'
import { SUBCOMMANDS } from './commands/index.ts'
import { EXIT, Failure, type ExitCode } from './failure.ts'
import { PLUGIN_VERSION } from './version.ts'

const OLDEST_NODE = 20
const ended = new AbortController()
const cleanUps = new CleanUps()
const connect = connectBy({ binary: 'kubectl', signal: ended.signal })
const terminal = processTerminal(process)
const commands: Readonly<Record<string, Subcommand>> = { ...SUBCOMMANDS, completion }
/** kubectl runs the program under this name to complete "kubectl chatapp". */
const COMPLETER = 'kubectl_complete-chatapp'

const command = {
  name: 'kubectl chatapp',
  usage: ['COMMAND [NAME] [option...]'],
  about: [
    'Shows and steers ChatApps. "kubectl chatapp COMMAND --help" describes a command, its options and its exit codes.',
  ],
  names: {
    title: 'Commands',
    help: Object.fromEntries(Object.entries(commands).map(([name, { summary }]) => [name, summary])),
  },
  options: { version: { help: 'print the version of this plugin and exit' } },
  variables: NO_COLOR_VARIABLES,
  exitCodes: { 0: 'done', ...COMMON_EXIT_CODES, others: 'of a command: its --help lists them' },
  examples: {
    'kubectl chatapp status chat-app -n chat-app': 'what a ChatApp waits for',
    'kubectl chatapp rollback chat-app -n chat-app': 'back to the release before',
  },
} as const satisfies Command

async function main([, program = '', ...args]: readonly string[]): Promise<ExitCode> {
  const [major = '0'] = process.versions.node.split('.')
  if (Number(major) < OLDEST_NODE)
    throw new Failure(`Node ${OLDEST_NODE} or newer is needed (this is ${process.versions.node})`)
  const context: Context = {
    terminal,
    connect,
    now: () => new Date(),
    signal: ended.signal,
    cleanUps,
    // To open it is to wait for it.
    get stdin() {
      return process.stdin
    },
  }
  const [name, ...rest] = basename(program) === COMPLETER ? ['__complete', ...args] : args
  if (name === '__complete') return printed(await complete(rest, commands, connect), context)
  if (name === '--version') return printed(PLUGIN_VERSION, context)
  if (name === '--help' || name === '-h' || name === 'help') return printed(helpText(command), context)
  if (name === undefined) {
    context.terminal.note(helpText(command))
    return EXIT.usage
  }
  const chosen = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (chosen === undefined) {
    const why = name.startsWith('-')
      ? `${name}: the command comes first, as in "kubectl chatapp status NAME -n NAMESPACE"`
      : unknownName('command', name, Object.keys(commands))
    throw new Failure(why, EXIT.usage)
  }
  if (rest.includes('--help') || rest.includes('-h')) return printed(helpText(chosen.command), context)
  return chosen.run(rest, context)
}

function printed(text: string, { terminal }: Context): ExitCode {
  terminal.print(text)
  return EXIT.done
}

// A reader that has seen enough, such as `head`, ends the command without an error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : EXIT.failed))
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.once(signal, () => {
    // No kubectl stays behind, and nothing that a command has created. Without this listener the signal ends the process,
    // as everybody expects of it, and so does a second one.
    ended.abort()
    void cleanUps.run().then(() => process.kill(process.pid, signal))
  })
try {
  process.exitCode = await main(process.argv)
} catch (error) {
  // A signal is no fault to tell of.
  if (!ended.signal.aborted) terminal.note(`kubectl chatapp: ${(error as Error).message}`)
  process.exitCode = error instanceof Failure ? error.exitCode : EXIT.failed
}
