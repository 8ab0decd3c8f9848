import type { Command } from '@chat-app/cli'
import { CleanUps } from '../../command/clean-ups.ts'
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
import { reasonOf, type Cluster } from '../../cluster/cluster.ts'
import { EXIT, Failure, type ExitCode } from '../../failure.ts'
import { DOCTOR_REQUEST_SECONDS } from '../../limits.ts'
import { jsonText } from '../../text/plain.ts'
import { EDGE_OPTIONS, edgeTarget, type EdgeTarget } from './edge/target.ts'
import { CREDENTIAL_VARIABLES } from './edge/token.ts'
import type { Checked, Finding } from './finding.ts'
import { renderFindings } from './render.ts'
import type { Site, Subject } from './site.ts'

const command = {
  name: 'kubectl chatapp doctor',
  usage: ['-f FILE [NAME] [option...]', 'NAME [option...]'],
  about: [
    'Finds what will keep a ChatApp from running, before it is applied (-f) or afterwards: CRDs and versions, the operator, permissions, Secrets and their form, the IngressClass or Gateway, quotas, and what else it needs. Each finding says where, why it matters, and what to do.',
    '--edge measures the way that clients take: a socket that is silent, one with the heartbeat of the clients and two with traffic, and what a proxy does to them. It opens them as a user of the chat, by the variables below.',
    'Writes nothing, unless --connect is given. No value of a Secret is shown. What you may not read is skipped, with the reason.',
  ],
  options: {
    ...TARGET_OPTIONS,
    filename: { short: 'f', value: 'FILE', help: 'a ChatApp that need not be applied; "-" is standard input' },
    ...OUTPUT_OPTION,
    connect: {
      help: 'start a pod of the release that connects to database and Redis, and remove it; needs "create" and "delete" on jobs',
    },
    ...EDGE_OPTIONS,
  },
  variables: { ...NO_COLOR_VARIABLES, ...CREDENTIAL_VARIABLES },
  exitCodes: {
    0: 'nothing to mend; something may be skipped',
    ...COMMON_EXIT_CODES,
    3: 'warnings: it runs, and not as it should',
    4: 'errors: it does not run',
  },
  examples: {
    'kubectl chatapp doctor -f chatapp.yaml': 'before it is applied',
    'kubectl chatapp doctor chat-app -n chat-app --connect': 'with a pod that tries database and Redis',
    'kubectl chatapp doctor -f chatapp.yaml -o json | jq \'.findings[] | select(.level == "error")\'': 'in a pipeline',
  },
} as const satisfies Command

export const doctor: Subcommand = {
  command,
  summary: 'what will keep a ChatApp from running, before it is applied',
  takesName: true,
  async run(args, context) {
    const { values, names } = argumentsOf(command, args)
    const name = optionalNameIn(command, names)
    if (name === undefined && values.filename === undefined)
      throw misused(command, 'name a ChatApp, or the file of one by -f')
    const edge = edgeTarget(command, values)
    const cluster = clusterOf(context, values)
    await reach(cluster)
    // They load what renders a ChatApp, which no other command needs.
    const { subjectInCluster, subjectInFile } = await import('./subject.ts')
    const subject =
      values.filename === undefined
        ? await subjectInCluster(cluster, name ?? '')
        : await subjectInFile(cluster, values.filename, name, values.namespace)
    const checked = await checkedOf(subject, cluster, { ...values, edge }, context)
    show(subject, checked, values.output === 'json', context)
    return exitCodeOf(checked)
  },
}

/** @throws Failure when the API server does not answer: then no check says anything */
async function reach({ results }: Cluster): Promise<void> {
  const timeout = ['--request-timeout', `${DOCTOR_REQUEST_SECONDS}s`]
  const result = await results(['get', '--raw', '/version', ...timeout])
  if (result.code !== 0) throw new Failure(`the cluster does not answer: ${reasonOf(result)}`)
}

interface Options {
  readonly connect?: true
  readonly edge: EdgeTarget | undefined
}

async function checkedOf(
  subject: Subject,
  cluster: Cluster,
  { connect, edge }: Options,
  context: Context,
): Promise<Checked[]> {
  const { examine, guarded, siteOf, withoutModel } = await import('./examine.ts')
  const site = siteOf(subject, cluster, context.now())
  if (site === undefined) return withoutModel(subject)
  const { isTerminal, note } = context.terminal
  const checked = await examine(site, (check) => isTerminal && note(`checks ${check} ...`))
  return [
    ...checked,
    ...(connect ? [await guarded('Connections', () => tryConnections(site, checked, context))] : []),
    ...(edge ? [await guarded('Edge', () => tryEdge(site, edge, context))] : []),
  ]
}

async function tryEdge(
  site: Site,
  edge: EdgeTarget,
  { terminal, cleanUps = new CleanUps() }: Context,
): Promise<readonly Finding[]> {
  const { edgeFindings } = await import('./edge/check.ts')
  const onProgress = (text: string) => terminal.note(`edge: ${text}`)
  onProgress(`holds sockets for ${edge.seconds} s`)
  return edgeFindings(site, { ...edge, env: process.env, cleanUps, onProgress })
}

/** A pod that cannot start says nothing that the Secrets have not said. */
async function tryConnections(site: Site, checked: readonly Checked[], context: Context): Promise<readonly Finding[]> {
  const { connections } = await import('./connect/check.ts')
  const { skipped } = await import('./finding.ts')
  const isMissing = checked.some(({ findings }) => findings.some(({ reason }) => reason === 'MissingSecret'))
  if (isMissing) return [skipped('pod', 'not started: Secrets are missing')]
  context.terminal.note('a pod tries database and Redis; it is removed afterwards, and on Ctrl-C')
  return connections(site, context.cleanUps ?? new CleanUps())
}

function show({ chatApp, isFile }: Subject, checked: readonly Checked[], asJson: boolean, { terminal }: Context): void {
  const { name, namespace } = chatApp.metadata
  const findings = checked.flatMap(({ check, findings: all }) => all.map((finding) => ({ check, ...finding })))
  if (asJson) return terminal.print(jsonText({ name, namespace, isApplied: !isFile, findings }, 2))
  const title = `ChatApp ${namespace}/${name}, ${isFile ? 'before it is applied' : 'as it is applied'}`
  terminal.print(renderFindings(title, checked, terminal.paint).join('\n'))
}

function exitCodeOf(checked: readonly Checked[]): ExitCode {
  const levels = new Set(checked.flatMap(({ findings }) => findings.map(({ level }) => level)))
  if (levels.has('error')) return EXIT.stalled
  return levels.has('warning') ? EXIT.notReady : EXIT.done
}
