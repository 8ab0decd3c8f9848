import type { Command } from '@chat-app/cli'
import { readChatApp } from '../../cluster/chat-apps.ts'
import { PART_OF } from '@chat-app/chat/labels'
import {
  argumentsOf,
  clusterOf,
  COMMON_EXIT_CODES,
  misused,
  nameIn,
  NO_COLOR_VARIABLES,
  OUTPUT_OPTION,
  TARGET_OPTIONS,
  type Subcommand,
} from '../../command/subcommand.ts'
import { EXIT, Failure } from '../../failure.ts'
import { LOG_LINES, MAX_CONTAINER_LOG_BYTES, MAX_LOG_CHARACTERS } from '../../limits.ts'
import { jsonText } from '../../text/plain.ts'
import { follow, LINES } from './follow.ts'
import { renderLine, type LogLine } from './line.ts'
import { loggingPods } from './pods.ts'
import { readLines } from './read.ts'

const COMPONENTS = ['api', 'websocket', 'worker', 'migrate', 'prove'] as const

const command = {
  name: 'kubectl chatapp logs',
  usage: ['NAME [option...]'],
  about: [
    'Shows the logs of all pods of a ChatApp, merged by time. Lines of the services, which are JSON, are shown as time, container, pod, level, message and the other fields. Times are UTC.',
  ],
  options: {
    ...TARGET_OPTIONS,
    api: { help: 'the API pods alone; these five can be combined' },
    websocket: { help: 'the WebSocket pods' },
    worker: { help: 'the worker pods' },
    migrate: { help: 'the pods of migrations' },
    prove: { help: 'the pods of proofs' },
    follow: { short: 'f', help: 'go on until Ctrl-C, also with pods that come later' },
    since: { value: 'DURATION', help: 'lines of this time, such as 10m or 2h' },
    tail: {
      value: 'N',
      help: 'so many lines of each container; --tail=-1 for all',
      default: `${LOG_LINES}, all with --since`,
    },
    previous: { short: 'p', help: 'of containers that were restarted: the log before that' },
    output: { ...OUTPUT_OPTION.output, help: 'print each line as JSON: time, pod, container and text' },
  },
  variables: NO_COLOR_VARIABLES,
  exitCodes: { 0: 'the logs are shown', ...COMMON_EXIT_CODES },
  examples: {
    'kubectl chatapp logs chat-app -n chat-app --api -f': 'what the API writes from now on',
    'kubectl chatapp logs chat-app -n chat-app --migrate --since 1h': 'the migrations of the last hour',
  },
} as const satisfies Command

export const logs: Subcommand = {
  command,
  summary: 'the logs of all pods, merged by time',
  takesName: true,
  async run(args, context) {
    const { values, names } = argumentsOf(command, args)
    const cluster = clusterOf(context, values)
    const range = rangeOf(values)
    if (values.follow && values.previous) throw misused(command, '--previous does not go on: leave --follow out')
    const { name, namespace } = (await readChatApp(cluster, nameIn(command, names))).metadata
    const chosen = COMPONENTS.filter((component) => values[component])
    const components = chosen.length === 0 ? '' : `,app.kubernetes.io/component in (${chosen.join(',')})`
    // A Helm release may have the same name, and then its pods the same label "instance".
    const selector = `app.kubernetes.io/name=${PART_OF},app.kubernetes.io/instance=${name}${components}`
    const { terminal } = context
    const show = (line: LogLine): void =>
      terminal.print(values.output === 'json' ? jsonText(line) : renderLine(line, terminal.paint))
    if (values.follow) {
      const { signal } = context
      const options = { namespace, selector, range, onLine: show, onNote: terminal.note }
      await follow(cluster, { ...options, ...(signal && { signal }) })
      return EXIT.done
    }
    const pods = await loggingPods(cluster, namespace, selector)
    if (pods.length === 0) {
      terminal.note('no pod has a log yet')
      return EXIT.done
    }
    const before = values.previous ? ['--previous'] : []
    const selected = ['--namespace', namespace, '--selector', selector, `--limit-bytes=${MAX_CONTAINER_LOG_BYTES}`]
    const { lines, errors, isCut } = await readLines(cluster, [...selected, ...LINES, ...range, ...before])
    const told = errors.filter((error) => !(values.previous && NEVER_RESTARTED.test(error)))
    if (lines.length === 0 && told.length > 0) throw new Failure(told.join('\n'))
    for (const line of lines) show(line)
    if (lines.length === 0) terminal.note(values.previous ? 'no container was restarted' : 'the logs have no lines')
    for (const error of told) terminal.note(error)
    if (isCut) terminal.note(`only the newest ${MAX_LOG_CHARACTERS / 1024 ** 2} MiB are shown: ask for less by --since`)
    return EXIT.done
  },
}

const NEVER_RESTARTED = /^previous terminated container .* not found$/

/** Arguments of `kubectl logs` for the lines that are asked for. @throws Failure for values that are not possible */
function rangeOf({ since, tail }: { readonly since?: string; readonly tail?: string }): string[] {
  if (since !== undefined && !/^(\d+(h|m|s|ms))+$/.test(since))
    throw misused(command, `--since "${since}": it is a duration such as 30s, 10m or 1h30m`)
  if (tail !== undefined && !/^(-1|\d{1,9})$/.test(tail))
    throw misused(command, `--tail "${tail}": it is a number of lines, or -1 for all`)
  const lines = tail ?? (since === undefined ? String(LOG_LINES) : '-1')
  return [`--tail=${lines}`, ...(since === undefined ? [] : [`--since=${since}`])]
}
