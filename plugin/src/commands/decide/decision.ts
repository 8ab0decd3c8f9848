import type { Command, Option, Values } from '@chat-app/cli'
import { patchChatApp, readChatApp } from '../../cluster/chat-apps.ts'
import type { Cluster } from '../../cluster/cluster.ts'
import type { StoredChatApp } from '../../cluster/objects.ts'
import { confirm, YES_OPTION } from '../../command/confirm.ts'
import {
  argumentsOf,
  clusterOf,
  COMMON_EXIT_CODES,
  nameIn,
  NO_COLOR_VARIABLES,
  TARGET_OPTIONS,
  type Subcommand,
} from '../../command/subcommand.ts'
import { EXIT } from '../../failure.ts'

/** What a command would change. */
export interface Change {
  /** What happens then, in sentences; it stands before the question. */
  readonly what: string
  readonly patch: { readonly metadata?: object; readonly spec?: object }
  /** What is printed when it is done. */
  readonly done: string
}

/** A command that changes one field or annotation of a ChatApp, after a question. */
export interface Decision<Options extends Readonly<Record<string, Option>>> {
  readonly name: string
  readonly summary: string
  readonly about: readonly string[]
  readonly options: Options
  readonly examples: Readonly<Record<string, string>>
  /**
   * The change, or why there is nothing to do.
   *
   * @throws Failure when it is not possible
   */
  readonly plan: (given: Given<Options>) => Promise<Change | string> | Change | string
}

export interface Given<Options extends Readonly<Record<string, Option>>> {
  readonly chatApp: StoredChatApp
  readonly values: Values<Options>
  readonly cluster: Cluster
  readonly now: Date
}

export function decision<Options extends Readonly<Record<string, Option>>>({
  name,
  summary,
  about,
  options,
  examples,
  plan,
}: Decision<Options>): Subcommand {
  const command = {
    name: `kubectl chatapp ${name}`,
    usage: ['NAME [option...]'],
    about: [...about, 'Asks before it changes anything. Without a terminal it needs --yes.'],
    options: { ...TARGET_OPTIONS, ...options, ...YES_OPTION },
    variables: NO_COLOR_VARIABLES,
    exitCodes: { 0: 'the ChatApp is changed, or there was nothing to change', ...COMMON_EXIT_CODES },
    examples,
  } satisfies Command
  return {
    command,
    summary,
    takesName: true,
    async run(args, context) {
      const { values, names } = argumentsOf(command, args)
      const target = values as Values<typeof TARGET_OPTIONS & typeof YES_OPTION>
      const cluster = clusterOf(context, target)
      const chatApp = await readChatApp(cluster, nameIn(command, names))
      const own = values as unknown as Values<Options>
      const change = await plan({ chatApp, values: own, cluster, now: context.now() })
      const { terminal } = context
      if (typeof change === 'string') {
        terminal.print(`${change}: nothing was changed`)
        return EXIT.done
      }
      await confirm(terminal, change.what, target.yes)
      await patchChatApp(cluster, chatApp, change.patch)
      const { name: called, namespace } = chatApp.metadata
      terminal.print(change.done)
      terminal.note(`"kubectl chatapp status ${called} -n ${namespace} --watch" shows what follows`)
      return EXIT.done
    },
  }
}

/** `chat-app/chat`, as messages name a ChatApp. */
export function called({ metadata: { name, namespace } }: StoredChatApp): string {
  return `ChatApp ${namespace}/${name}`
}

/** A new value of an annotation by which a person asks for something. */
export function moment(now: Date): string {
  return String(Math.floor(now.getTime() / 1000))
}
