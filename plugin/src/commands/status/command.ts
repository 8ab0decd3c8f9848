import type { Command } from '@chat-app/cli'
import { setTimeout as sleep } from 'node:timers/promises'
import { listChatApps, readChatApp } from '../../cluster/chat-apps.ts'
import type { Cluster } from '../../cluster/cluster.ts'
import { ownedBy } from '../../cluster/owned.ts'
import { readPodMetrics } from '../../cluster/pod-metrics.ts'
import {
  argumentsOf,
  clusterOf,
  COMMON_EXIT_CODES,
  misused,
  NO_COLOR_VARIABLES,
  optionalNameIn,
  OUTPUT_OPTION,
  TARGET_OPTIONS,
  type Context,
  type Subcommand,
} from '../../command/subcommand.ts'
import type { Terminal } from '../../command/terminal.ts'
import { EXIT, type ExitCode } from '../../failure.ts'
import { WATCH_MS } from '../../limits.ts'
import { cut } from '../../text/paint.ts'
import { jsonText } from '../../text/plain.ts'
import { listReport, renderList } from './list.ts'
import { renderStatus } from './render.ts'
import { isWebSocket, readiness, statusReport, type StatusReport } from './report.ts'

const command = {
  name: 'kubectl chatapp status',
  usage: ['[NAME] [option...]'],
  about: [
    'Shows what a ChatApp owns as a tree, and what each object waits for and since when; the connections of each WebSocket pod; what the last rollout has proven; and its releases. Without NAME, a line for each ChatApp.',
    'Reads alone. What you may not read is left out, and named at the end. Connections need `get` on `pods/proxy`.',
  ],
  options: {
    ...TARGET_OPTIONS,
    'all-namespaces': { short: 'A', help: 'the ChatApps of all namespaces; without NAME' },
    ...OUTPUT_OPTION,
    watch: { short: 'w', help: 'show every change until Ctrl-C; with -o json a line of JSON for each change' },
  },
  variables: NO_COLOR_VARIABLES,
  exitCodes: {
    0: 'it is Ready; without NAME: all are',
    ...COMMON_EXIT_CODES,
    3: 'it is not Ready, and the operator is at work or waits',
    4: 'it is Stalled: the operator needs a change by you',
  },
  examples: {
    'kubectl chatapp status chat-app -n chat-app --watch': 'a live tree of one ChatApp',
    'kubectl chatapp status -A': 'a line for each ChatApp of the cluster',
    "kubectl chatapp status chat-app -o json | jq '.releases[0]'": 'the newest release',
  },
} as const satisfies Command

export const status: Subcommand = {
  command,
  summary: 'what a ChatApp owns, and what each object waits for',
  takesName: true,
  async run(args, context) {
    const { values, names } = argumentsOf(command, args)
    const name = optionalNameIn(command, names)
    if (name !== undefined && values['all-namespaces'])
      throw misused(command, `-A is for all ChatApps: name the namespace of ${name} by -n`)
    const cluster = clusterOf(context, values)
    const asJson = values.output === 'json'
    const look = name === undefined ? () => lookAtAll(cluster, context) : () => lookAt(cluster, name, context)
    if (values.watch) return watch(look, asJson, context)
    const { json, lines, exitCode } = await look()
    context.terminal.print(asJson ? jsonText(json, 2) : lines.join('\n'))
    return exitCode
  },
}

/** What is seen at one time. */
interface Seen {
  readonly json: object
  readonly lines: readonly string[]
  readonly exitCode: ExitCode
}

async function lookAt(cluster: Cluster, name: string, { terminal: { paint }, now }: Context): Promise<Seen> {
  const report = await readStatus(cluster, name)
  return { json: report, lines: renderStatus(report, { paint, now: now() }), exitCode: exitCodeOf(report) }
}

/** Everything that `status NAME` shows. @throws Failure when the ChatApp cannot be read */
export async function readStatus(cluster: Cluster, name: string): Promise<StatusReport> {
  const chatApp = await readChatApp(cluster, name)
  const owned = await ownedBy(cluster, chatApp)
  const running = owned.objects.filter(isWebSocket).filter(({ status }) => status?.phase === 'Running')
  return statusReport(chatApp, owned, await readPodMetrics(cluster, running))
}

async function lookAtAll(cluster: Cluster, { terminal: { paint }, now }: Context): Promise<Seen> {
  const chatApps = await listChatApps(cluster)
  const codes = chatApps.map((chatApp) => exitCodeOf(readiness(chatApp)))
  return {
    json: listReport(chatApps),
    lines: chatApps.length === 0 ? ['no ChatApps'] : renderList(chatApps, { paint, now: now() }),
    exitCode: codes.toSorted((a, b) => b - a)[0] ?? EXIT.done,
  }
}

function exitCodeOf({ ready, isStalled }: Pick<StatusReport, 'ready' | 'isStalled'>): ExitCode {
  if (isStalled) return EXIT.stalled
  return ready === 'True' ? EXIT.done : EXIT.notReady
}

/** On a terminal it is drawn again and again; elsewhere every change is printed. Ends by Ctrl-C, or when the first look fails. */
async function watch(look: () => Promise<Seen>, asJson: boolean, { terminal }: Context): Promise<never> {
  let last = ''
  let lastError = ''
  let isFirst = true
  for (;;) {
    try {
      const { json, lines } = await look()
      const text = jsonText(json)
      if (terminal.isTerminal && !asJson) draw(lines, terminal)
      else if (text !== last) terminal.print(asJson ? text : `${lines.join('\n')}\n`)
      last = text
      lastError = ''
    } catch (error) {
      if (isFirst) throw error
      const { message } = error as Error
      // An API server that restarts comes back, and a ChatApp may be created again.
      if (message !== lastError) terminal.note(message)
      lastError = message
    }
    isFirst = false
    await sleep(WATCH_MS)
  }
}

function draw(lines: readonly string[], { rows, columns, redraw }: Terminal): void {
  redraw(lines.slice(0, rows - 1).map((line) => cut(line, columns)))
}
