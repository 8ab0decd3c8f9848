import type { Option } from '@chat-app/cli'
import { CHAT_APPS } from '@chat-app/chat/resources'
import type { Connect } from '../cluster/cluster.ts'
import { isSubdomain } from '../cluster/names.ts'
import type { Subcommand } from '../command/subcommand.ts'
import { COMPLETION_SECONDS, MAX_COMPLETIONS } from '../limits.ts'

type Subcommands = Readonly<Record<string, Subcommand>>
type Options = Readonly<Record<string, Option>>
/** A value and what it is. */
type Choice = readonly [value: string, help: string]

/** Tells the shell to offer no files (cobra's ShellCompDirectiveNoFileComp), or to offer them. */
const NO_FILES = ':4'
const FILES = ':0'

/**
 * The completions of a command line, in the form that kubectl expects of `kubectl_complete-chatapp`: a line for each
 * with its description after a tab, and a last line with a directive.
 *
 * @param words the arguments; the last one is being typed
 */
export async function complete(words: readonly string[], subcommands: Subcommands, connect: Connect): Promise<string> {
  const typed = words.at(-1) ?? ''
  const before = words.slice(0, -1)
  const [name, ...given] = before
  const subcommand = name !== undefined && Object.hasOwn(subcommands, name) ? subcommands[name] : undefined
  const choices =
    subcommand === undefined ? commandChoices(before, subcommands) : await inCommand(subcommand, given, typed, connect)
  if (choices === undefined) return FILES
  const fitting = choices.filter(([value]) => value.startsWith(typed)).slice(0, MAX_COMPLETIONS)
  return [...fitting.map(([value, help]) => `${value}\t${help}`), NO_FILES].join('\n')
}

function commandChoices(before: readonly string[], subcommands: Subcommands): Choice[] {
  return before.length > 0 ? [] : Object.entries(subcommands).map(([name, { summary }]) => [name, summary])
}

/** The choices inside a command; undefined where a file is wanted. */
async function inCommand(
  { command: { options, names }, takesName }: Subcommand,
  given: readonly string[],
  typed: string,
  connect: Connect,
): Promise<readonly Choice[] | undefined> {
  const last = optionNamed(given.at(-1), options)
  if (last?.[1].value === 'FILE') return undefined
  if (last?.[1].value !== undefined) return valuesOf(last[0], given, options, connect)
  if (typed.startsWith('-')) return [...Object.entries(options), HELP].map(([name, { help }]) => [`--${name}`, help])
  if (names !== undefined) return given.length > 0 ? [] : Object.entries(names.help)
  const hasName = given.some((word, index) => !word.startsWith('-') && !takesValue(given[index - 1], options))
  if (!takesName || hasName) return []
  return kubectlChoices(['get', `${CHAT_APPS.plural}.${CHAT_APPS.group}`, ...NAMES], 'ChatApp', given, options, connect)
}

const HELP: readonly [string, Option] = ['help', { help: 'print the help of the command' }]
const NAMES = ['--output', 'jsonpath={range .items[*]}{.metadata.name}{"\\n"}{end}']

async function valuesOf(
  option: string,
  given: readonly string[],
  options: Options,
  connect: Connect,
): Promise<readonly Choice[]> {
  if (option === 'output') return [['json', 'JSON, for programs']]
  const ask = (args: readonly string[], what: string) => kubectlChoices(args, what, given, options, connect)
  if (option === 'namespace') return ask(['get', 'namespaces', ...NAMES], 'namespace')
  return option === 'context' ? ask(['config', 'get-contexts', '--output', 'name'], 'context') : []
}

/** What kubectl lists. A shell that completes shows no errors, so there are none. */
async function kubectlChoices(
  args: readonly string[],
  what: string,
  given: readonly string[],
  options: Options,
  connect: Connect,
): Promise<readonly Choice[]> {
  const context = valueOf('context', given, options)
  const namespace = valueOf('namespace', given, options)
  const { kubectl, inNamespace } = connect({ context, namespace })
  const timeoutMs = COMPLETION_SECONDS * 1000
  const listed = await kubectl([...args, ...(args[0] === 'get' ? inNamespace : [])], { timeoutMs }).catch(() => '')
  return (
    listed
      .split('\n')
      // The shell must not complete an option for a name.
      .filter((line) => (args[0] === 'get' ? isSubdomain(line) : line !== '' && !line.startsWith('-')))
      .map((line) => [line, what])
  )
}

/** `-n` or `--namespace` as the option that they name. */
function optionNamed(word: string | undefined, options: Options): readonly [string, Option] | undefined {
  return Object.entries(options).find(([name, { short }]) => word === `--${name}` || word === `-${short}`)
}

function takesValue(word: string | undefined, options: Options): boolean {
  return optionNamed(word, options)?.[1].value !== undefined
}

function valueOf(name: string, given: readonly string[], options: Options): string | undefined {
  const index = given.findIndex((word) => optionNamed(word, options)?.[0] === name)
  if (index !== -1) return given[index + 1]
  const prefix = `--${name}=`
  return given.find((word) => word.startsWith(prefix))?.slice(prefix.length)
}
