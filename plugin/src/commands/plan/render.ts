import { duration } from '../../text/duration.ts'
import { unpainted, type Paint } from '../../text/paint.ts'
import { plain } from '../../text/plain.ts'
import { table } from '../../text/table.ts'
import type { Difference } from './differences.ts'
import type { ObjectChange, Plan } from './plan.ts'
import type { Resources } from './quota.ts'

/** The lines that show a plan. */
export function renderPlan(plan: Plan, paint: Paint = unpainted): string[] {
  return [
    ...headOf(plan, paint),
    ...section('CHANGES', plan.changes.map(changeLine), paint),
    ...section('OBJECTS', table(plan.objects.flatMap(objectRows)), paint),
    ...section('STEPS', stepLines(plan, paint), paint),
    ...section('QUOTA', quotaLines(plan), paint),
    ...section('CONNECTIONS', connectionLines(plan), paint),
    ...section('MIGRATION', plan.migration === undefined ? [] : [plan.migration], paint),
    ...section(
      'NOT PREDICTED',
      plan.unpredicted.map((what) => `- ${plain(what)}`),
      paint,
    ),
  ]
}

function headOf({ name, namespace, operator, release, held, refusal, services }: Plan, paint: Paint): string[] {
  const replaced = services.filter(({ effect }) => effect === 'Restart').map(({ component }) => component)
  const restarts = replaced.length === 0 ? 'no pod restarts' : `all pods of ${replaced.join(' and ')} restart`
  const kind = release.isNew ? 'a new rollout' : 'no new rollout'
  return table([
    ['ChatApp', `${namespace}/${name}`],
    ['operator', plain(operator)],
    [
      'release',
      `${release.number} (${plain(release.version)}), ${kind}${release.why === undefined ? '' : `: ${plain(release.why)}`}`,
    ],
    ...(held === undefined ? [] : [['held', paint('yellow', held)]]),
    ...(refusal === undefined ? [] : [['refused', paint('red', plain(refusal))]]),
    ['pods', paint(replaced.length === 0 ? 'green' : 'yellow', restarts)],
  ])
}

function section(title: string, lines: readonly string[], paint: Paint): string[] {
  return lines.length === 0 ? [] : ['', paint('bold', title), ...lines.map((line) => `  ${line}`)]
}

function changeLine({ path, from, to }: Difference): string {
  if (from === undefined && to === undefined) return path
  if (from === undefined) return `${plain(path)}: ${shown(to)} (added)`
  return to === undefined
    ? `${plain(path)}: ${shown(from)} (removed)`
    : `${plain(path)}: ${shown(from)} -> ${shown(to)}`
}

function objectRows({ action, kind, name, fields }: ObjectChange): string[][] {
  const [first = '', ...others] = fields.map(changeLine)
  return [[action, `${kind}/${name}`, first], ...others.map((line) => ['', '', line])]
}

/** The steps with their numbers, and below that of a service what changes in its pods. */
function stepLines({ steps, services }: Plan, paint: Paint): string[] {
  return steps.flatMap((step, index) => {
    const service = services.find(({ deployment }) => step.startsWith(`${deployment}: `))
    const text = service?.effect === 'Restart' ? paint('yellow', plain(step)) : plain(step)
    return [`${index + 1}. ${text}`, ...(service?.why ?? []).map((why) => `   ${changeLine(why)}`)]
  })
}

function quotaLines({ quota }: Plan): string[] {
  if (quota === undefined) return []
  const row = (title: string, { pods, requests, limits }: Resources) => [
    title,
    String(pods),
    `${cores(requests.cpu)} / ${cores(limits.cpu)}`,
    `${bytes(requests.memory)} / ${bytes(limits.memory)}`,
  ]
  return table([
    ['', 'pods', 'CPU requests / limits', 'memory requests / limits'],
    row('now', quota.before),
    row('at most', quota.most),
    row('then', quota.after),
  ]).concat('Pods that still stop count in addition.')
}

function connectionLines({ connections, services }: Plan): string[] {
  if (connections === undefined) return []
  const { open, share, periodSeconds, perSecond } = connections
  const part = share === 1 ? 'all' : `about ${Math.round(share * 100)} %`
  const isEnd = services.some(({ component, effect }) => component === 'websocket' && effect === 'Stop')
  const over = `${isEnd ? 'close' : 'move'} over ${duration(periodSeconds * 1000)}`
  if (open === undefined) return [`${part} connections ${over}; how many there are is not known`]
  return [`${part} of ${open} connections ${over}: at most ${perSecond ?? 0} each second`]
}

const MAX_SHOWN_CHARACTERS = 100

function shown(value: unknown): string {
  const text = plain(JSON.stringify(value))
  return text.length > MAX_SHOWN_CHARACTERS ? `${text.slice(0, MAX_SHOWN_CHARACTERS)}...` : text
}

function cores(number: number): string {
  return `${Math.round(number * 1000)}m`
}

function bytes(number: number): string {
  return `${Math.round(number / 2 ** 20)}Mi`
}
