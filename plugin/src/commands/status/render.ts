import type { ChatAppStatus, Condition, LastRollout } from '@chat-app/crds'
import { sinceTime } from '../../text/duration.ts'
import type { Colour, Paint } from '../../text/paint.ts'
import { plain } from '../../text/plain.ts'
import { table } from '../../text/table.ts'
import { treeRows, type Branch } from '../../text/tree.ts'
import type { ReleaseRow } from './releases.ts'
import type { ObjectNode, StatusReport } from './report.ts'
import type { State } from './state.ts'

/** What a report is shown with. */
export interface Look {
  readonly paint: Paint
  readonly now: Date
}

const COLOURS: Readonly<Record<State['is'], Colour>> = { ok: 'green', waiting: 'yellow', failed: 'red', ending: 'cyan' }
/** Kinds with a line for each object, in this order; the others have a line for each kind. */
const TOLD = ['Deployment', 'Job', 'HorizontalPodAutoscaler', 'PodDisruptionBudget', 'Ingress', 'HTTPRoute']
/** Their words say what happens, also while the ChatApp is ready. */
const ALWAYS_SHOWN = new Set(['Ready', 'UpdateAvailable'])

/** The lines of `status NAME`. */
export function renderStatus(report: StatusReport, look: Look): string[] {
  const { name, namespace, status, objects, releases, unread } = report
  return [
    ...table([
      ['ChatApp', look.paint('bold', `${namespace}/${name}`)],
      ['version', versionText(status)],
      ...(['api', 'websocket'] as const).map((service) => [service, serviceText(status, service)]),
      ...conditionRows(report, look),
    ]),
    '',
    ...table(treeRows(branches(objects, look))),
    ...section('LAST ROLLOUT', rolloutRows(status.lastRollout, look)),
    ...section(
      'RELEASES',
      releases.map((release) => releaseRow(release, look)),
    ),
    ...unread.map((reason) => look.paint('yellow', `not read: ${plain(reason)}`)),
  ]
}

function section(title: string, rows: readonly (readonly string[])[]): string[] {
  return rows.length === 0 ? [] : ['', title, ...table(rows).map((line) => `  ${line}`)]
}

function versionText({ version, targetVersion, revision, schemaVersion }: ChatAppStatus): string {
  const isChanging = targetVersion !== undefined && targetVersion !== version
  return [
    isChanging ? `${version ?? 'none yet'}, asked for is ${targetVersion}` : (version ?? 'none yet'),
    ...(revision === undefined ? [] : [`release ${revision}`]),
    ...(schemaVersion === undefined ? [] : [`schema ${schemaVersion}`]),
  ].join(', ')
}

function serviceText({ urls, ...status }: ChatAppStatus, service: 'api' | 'websocket'): string {
  const url = urls?.[service]
  return [`${status[service]?.summary ?? '0/?'} pods ready`, ...(url === undefined ? [] : [url])].join(', ')
}

/** `Ready`, and of the other conditions those that are not as they should be. */
function conditionRows({ status: { conditions = [] }, paused, hibernated }: StatusReport, look: Look): string[][] {
  const told = conditions.filter((condition) => ALWAYS_SHOWN.has(condition.type) || isNews(condition))
  const switched = [...(paused ? ['paused'] : []), ...(hibernated ? ['hibernated'] : [])]
  return [
    ...told.map((condition) => [condition.type, conditionText(condition, look)]),
    ...(conditions.length === 0 ? [['Ready', look.paint('yellow', 'the operator has written no status yet')]] : []),
    ...(switched.length === 0 ? [] : [['switched', look.paint('yellow', switched.join(', '))]]),
  ]
}

function isNews({ type, status }: Condition): boolean {
  const isGood = type === 'Stalled' || type === 'Reconciling' ? status === 'False' : status === 'True'
  // Both repeat the words of Ready.
  return !isGood && type !== 'Reconciling' && type !== 'Stalled'
}

function conditionText({ type, status, reason, message, lastTransitionTime }: Condition, { paint, now }: Look): string {
  const isGood = status === 'True' && type !== 'UpdateAvailable'
  const colour = isGood ? 'green' : status === 'False' && type === 'Ready' ? 'red' : 'yellow'
  return `${paint(colour, plain(reason))} for ${sinceTime(lastTransitionTime, now)}: ${plain(message)}`
}

function branches(objects: readonly ObjectNode[], look: Look): Branch[] {
  const told = objects.filter(({ kind }) => TOLD.includes(kind)).toSorted(byKindAndName)
  const others = objects.filter(({ kind }) => !TOLD.includes(kind))
  const kinds = [...new Set(others.map(({ kind }) => kind))].toSorted()
  return [
    ...told.map((node) => branch(node, look)),
    ...kinds.map((kind) => ({ cells: [kind, look.paint('dim', namesOf(kind, others))], children: [] })),
  ]
}

function namesOf(kind: string, objects: readonly ObjectNode[]): string {
  const names = objects.filter((object) => object.kind === kind).map(({ name }) => name)
  return names.toSorted().join(', ')
}

function byKindAndName(a: ObjectNode, b: ObjectNode): number {
  return TOLD.indexOf(a.kind) - TOLD.indexOf(b.kind) || a.name.localeCompare(b.name)
}

function branch(node: ObjectNode, look: Look): Branch {
  const { kind, name, version, children } = node
  const pod = kind === 'Pod' && version !== undefined ? ` ${look.paint('dim', version)}` : ''
  return {
    cells: [`${kind}/${name}${pod}`, stateText(node, look)],
    children: children.toSorted(byKindAndName).map((child) => branch(child, look)),
  }
}

function stateText({ state, connections, drain }: ObjectNode, { paint, now }: Look): string {
  if (state === undefined) return ''
  const open = connections === undefined ? undefined : `${connections.open} connections`
  const full = connections?.limit === undefined ? '' : ` of ${connections.limit}`
  if (drain !== undefined) {
    const time = `for ${sinceTime(drain.since, now)} of ${drain.periodSeconds}s`
    return `${paint('cyan', 'drains')} ${time}: ${open ?? 'connections unknown'} left`
  }
  const age = state.is !== 'ok' && state.since !== undefined ? ` for ${sinceTime(state.since, now)}` : ''
  return `${paint(COLOURS[state.is], plain(state.text))}${age}${open === undefined ? '' : `, ${open}${full}`}`
}

function rolloutRows(rollout: LastRollout | undefined, { paint, now }: Look): string[][] {
  if (rollout === undefined) return []
  const { revision, version, startedAt, finishedAt, proof, message, sent, lost, duplicated, reordered } = rollout
  const colour = { Passed: 'green', Failed: 'red', Running: 'yellow', Skipped: 'yellow', Disabled: 'dim' } as const
  const took = finishedAt === undefined ? '' : `, took ${sinceTime(startedAt, new Date(finishedAt))}`
  const gap = rollout.longestGapMilliseconds
  const counts = [
    `${sent} messages sent, ${rollout.acknowledged ?? 0} acknowledged, ${lost ?? 0} lost, ${duplicated ?? 0} twice,`,
    `${reordered ?? 0} out of order${gap === undefined ? '' : `, longest gap ${gap} ms`}`,
  ].join(' ')
  return [
    ['release', `${revision} (${version}), began ${sinceTime(startedAt, now)} ago${took}`],
    ['proof', `${paint(colour[proof], proof)}${message === undefined ? '' : `: ${plain(message)}`}`],
    ...(sent === undefined ? [] : [['counted', counts]]),
    ...(rollout.reconnects === undefined ? [] : [['reconnects', `${rollout.reconnects.join(' and ')} (by user)`]]),
  ]
}

function releaseRow({ number, version, runs, goodSince, failed, createdAt }: ReleaseRow, { paint, now }: Look) {
  const good = goodSince === undefined ? 'never good' : `good since ${plain(goodSince)}`
  const verdict = failed === undefined ? good : paint('red', plain(`${failed.reason}: ${failed.message}`))
  const running = runs.length === 0 ? '' : paint('green', `runs (${runs.join(', ')})`)
  return [String(number), plain(version), running, `made ${sinceTime(createdAt, now)} ago`, verdict]
}
