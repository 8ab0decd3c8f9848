import type { Command } from '@chat-app/cli'
import { readChatApp } from '../../cluster/chat-apps.ts'
import { reasonOf } from '../../cluster/cluster.ts'
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
import { LOG_LINES, LOGS_SECONDS, MAX_LOG_BYTES, MAX_LOG_PODS } from '../../limits.ts'
import { follow, LINES } from './follow.ts'
import { byTime, parseLine, renderLine, type LogLine } from './line.ts'
import { loggingPods } from './pods.ts'

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
    if (values.follow && values.previous) throw misused(command, '--previous does not go on: leave --follow out')
    const { name, namespace } = (await readChatApp(cluster, nameIn(command, names))).metadata
    const chosen = COMPONENTS.filter((component) => values[component])
    const components = chosen.length === 0 ? '' : `,app.kubernetes.io/component in (${chosen.join(',')})`
    const selector = `app.kubernetes.io/instance=${name}${components}`
    const { terminal } = context
    const show = (line: LogLine): void =>
      terminal.print(values.output === 'json' ? JSON.stringify(line) : renderLine(line, terminal.paint))
    const tail = values.tail ?? (values.since === undefined ? String(LOG_LINES) : '-1')
    const range = [`--tail=${tail}`, ...(values.since === undefined ? [] : [`--since=${values.since}`])]
    if (values.follow) {
      await follow(cluster, { namespace, selector, range, onLine: show, onNote: terminal.note })
      return EXIT.done
    }
    const pods = await loggingPods(cluster, namespace, selector)
    if (pods.length === 0) terminal.note('no pod has a log yet')
    const before = values.previous ? ['--previous'] : []
    const bounds = [`--limit-bytes=${MAX_LOG_BYTES}`, `--max-log-requests=${MAX_LOG_PODS}`]
    const selected = ['--namespace', namespace, '--selector', selector]
    const run = { timeoutMs: LOGS_SECONDS * 1000 }
    const result = await cluster.results(['logs', ...selected, ...LINES, ...range, ...before, ...bounds], run)
    if (result.code !== 0 && result.out === '') throw new Failure(reasonOf(result))
    const lines = result.out.split('\n').flatMap((text) => parseLine(text) ?? [])
    for (const line of lines.toSorted(byTime)) show(line)
    if (result.err !== '') terminal.note(reasonOf(result))
    return EXIT.done
  },
}
