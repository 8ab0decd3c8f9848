import type { Command } from '@chat-app/cli'
import { major, minor, valid } from 'semver'
import { findChatApp } from '../../cluster/chat-apps.ts'
import type { Cluster } from '../../cluster/cluster.ts'
import type { StoredChatApp } from '../../cluster/objects.ts'
import { ownedBy, type Owned } from '../../cluster/owned.ts'
import { metric, readPodMetrics } from '../../cluster/pod-metrics.ts'
import {
  argumentsOf,
  clusterOf,
  COMMON_EXIT_CODES,
  misused,
  NO_COLOR_VARIABLES,
  OUTPUT_OPTION,
  TARGET_OPTIONS,
  type Subcommand,
} from '../../command/subcommand.ts'
import { EXIT, Failure, type ExitCode } from '../../failure.ts'
import { jsonText } from '../../text/plain.ts'
import { PLUGIN_VERSION } from '../../version.ts'
import { isWebSocket } from '../status/report.ts'
import { isEmpty, type Plan } from './plan.ts'

const command = {
  name: 'kubectl chatapp plan',
  usage: ['-f FILE [option...]'],
  about: [
    'Says what would follow if FILE was applied: which objects change, which pods restart, why and in which order, the quota that it needs, how many connections move in a second, and what the migration does. Nothing is written.',
    'The API server completes and checks the ChatApp by a dry run of "kubectl apply". The rest is rendered by the code of the operator, so its minor version must be that of this plugin. No right to read Secrets is needed. What cannot be predicted stands at the end.',
  ],
  options: {
    filename: { short: 'f', value: 'FILE', help: 'file with one ChatApp; "-" is standard input' },
    ...TARGET_OPTIONS,
    ...OUTPUT_OPTION,
    'any-version': { help: 'go on although the operator has another minor version, or does not tell it' },
  },
  variables: NO_COLOR_VARIABLES,
  exitCodes: {
    0: 'nothing would change',
    ...COMMON_EXIT_CODES,
    4: 'the operator would refuse the release',
    5: 'something would change',
  },
  examples: {
    'kubectl chatapp plan -f chatapp.yaml -n chat-app': 'what an edited file would do',
    'git show HEAD:chatapp.yaml | kubectl chatapp plan -f -': 'from another program',
  },
} as const satisfies Command

export const plan: Subcommand = {
  command,
  summary: 'says what would follow if a file was applied: restarts, order, quota',
  takesName: false,
  async run(args, context) {
    const { values, names } = argumentsOf(command, args)
    if (names[0] !== undefined) throw misused(command, `unexpected argument "${names[0]}"`)
    const { filename, namespace, output, 'any-version': anyVersion = false } = values
    if (filename === undefined) throw misused(command, '--filename is missing: give the file of a ChatApp')
    // Only this command renders, and what renders takes long to load.
    const [{ readGiven }, { askServer }, { predict }, { renderPlan }] = await Promise.all([
      import('./input.ts'),
      import('./ask.ts'),
      import('./predict.ts'),
      import('./render.ts'),
    ])
    const given = await readGiven(filename, namespace, context.stdin)
    const { metadata } = given.chatApp
    const cluster = clusterOf(context, { ...values, ...(metadata.namespace && { namespace: metadata.namespace }) })
    const before = await findChatApp(cluster, metadata.name)
    const { version, notes } = versionOf(before, anyVersion)
    const { after, note } = await askServer(cluster, given, before)
    const owned = await ownedBy(cluster, before ?? after)
    const connections = await openConnections(cluster, owned)
    const found = predict({ before, after, owned, operator: version, connections, now: context.now() })
    const all = [...notes, ...(note === undefined ? [] : [note])]
    const whole = { ...found, unpredicted: [...all, ...found.unpredicted] }
    const { terminal } = context
    terminal.print(output === 'json' ? jsonText(whole, 2) : renderPlan(whole, terminal.paint).join('\n'))
    return exitCodeOf(whole)
  },
}

function exitCodeOf(found: Plan): ExitCode {
  if (found.refusal !== undefined) return EXIT.stalled
  return isEmpty(found) ? EXIT.done : EXIT.changes
}

/** The version to render with. @throws Failure for another minor version than that of this plugin */
function versionOf(
  before: StoredChatApp | undefined,
  anyVersion: boolean,
): { readonly version: string; readonly notes: readonly string[] } {
  const { conditions, operator } = before?.status ?? {}
  if (operator === undefined && conditions === undefined)
    return {
      version: PLUGIN_VERSION,
      notes: [`whether an operator of version ${PLUGIN_VERSION} will find the ChatApp`],
    }
  const version = operator?.version
  if (version !== undefined && minorOf(version) === minorOf(PLUGIN_VERSION)) return { version, notes: [] }
  const why =
    version === undefined
      ? `the operator does not tell its version, so it is older than this plugin (${PLUGIN_VERSION})`
      : `the operator has version ${version}, and this plugin ${PLUGIN_VERSION}`
  if (!anyVersion)
    throw new Failure(`${why}: use the plugin of its release, or --any-version for a plan that may be wrong`)
  return { version: version ?? PLUGIN_VERSION, notes: [`what the other version renders differently: ${why}`] }
}

function minorOf(version: string): string {
  return valid(version) === null ? version : `${major(version)}.${minor(version)}`
}

/** The connections of all WebSocket pods that answer; undefined where none does. */
async function openConnections(cluster: Cluster, { objects }: Owned): Promise<number | undefined> {
  const pods = objects.filter(isWebSocket).filter(({ metadata }) => metadata.deletionTimestamp === undefined)
  const { texts } = await readPodMetrics(cluster, pods)
  const open = [...texts.values()].flatMap((text) => metric(text, 'chat_connections') ?? [])
  return open.length === pods.length && open.length > 0 ? open.reduce((sum, each) => sum + each, 0) : undefined
}
