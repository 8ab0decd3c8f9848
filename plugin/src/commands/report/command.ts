import type { Command } from '@chat-app/cli'
import { stat } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import {
  argumentsOf,
  clusterOf,
  COMMON_EXIT_CODES,
  nameIn,
  NO_COLOR_VARIABLES,
  TARGET_OPTIONS,
  type Subcommand,
} from '../../command/subcommand.ts'
import { EXIT, Failure } from '../../failure.ts'
import { writeArchive } from './archive.ts'
import { collect } from './collect.ts'

const command = {
  name: 'kubectl chatapp report',
  usage: ['NAME [option...]'],
  about: [
    'Writes an archive for a bug report: the ChatApp and all that it owns, events, logs, metrics, versions. Credentials are left out; README.txt in it says how. Nothing is sent, and nothing is changed.',
    'It reads the Secrets that the ChatApp names, if you may, to leave their values out wherever they stand; no value is written. Read the archive before you pass it on.',
  ],
  options: {
    ...TARGET_OPTIONS,
    out: { value: 'FILE', help: 'the archive, which must not exist', default: 'chatapp-NAMESPACE-NAME-TIME.tar.gz' },
  },
  variables: NO_COLOR_VARIABLES,
  exitCodes: { 0: 'the archive is written; it may lack what you may not read, which is named', ...COMMON_EXIT_CODES },
  examples: { 'kubectl chatapp report chat-app -n chat-app': 'an archive in this folder' },
} as const satisfies Command

export const report: Subcommand = {
  command,
  summary: 'writes a redacted archive for a bug report',
  takesName: true,
  async run(args, context) {
    const { values, names } = argumentsOf(command, args)
    const name = nameIn(command, names)
    const now = context.now()
    if (values.out !== undefined && (await exists(values.out)))
      throw new Failure(`--out "${values.out}" exists: name another file`)
    const { namespace, texts, unread } = await collect(clusterOf(context, values), name, now)
    const time = now.toISOString().replaceAll(/[-:]|\.\d+/g, '')
    const file = values.out ?? `chatapp-${namespace}-${name}-${time}.tar.gz`
    await writeArchive(resolve(file), basename(file).replace(/\.t(ar\.)?gz$/, ''), texts)
    for (const line of unread) context.terminal.note(`not read: ${line}`)
    context.terminal.print(`${file}: ${texts.size} files. Read them before you pass them on.`)
    return EXIT.done
  },
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  )
}
