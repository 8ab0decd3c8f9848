import type { Environment } from '@chat-app/platform'
import { PARTS, type Part, type Series } from './parts.ts'
import { usesOf, type Use } from './uses.ts'

/** How long before its end a release is reported. */
const NOTICE_DAYS = 90

const DAY_MS = 86_400_000

/** What the check finds: each line names a release, where it is used, and what to do. */
export interface Findings {
  readonly failures: readonly string[]
  readonly warnings: readonly string[]
}

/**
 * The releases of third parties in environments that have ended, or end soon.
 *
 * @param today as YYYY-MM-DD
 */
export function lifetimes(environments: readonly Environment[], today: string, parts = PARTS): Findings {
  const found = usesOf(environments).map((use) => findingOf(use, today, parts))
  const texts = (level: 'failure' | 'warning') => found.flatMap((finding) => finding?.[level] ?? []).toSorted()
  return { failures: texts('failure'), warnings: texts('warning') }
}

function findingOf(
  use: Use,
  today: string,
  parts: readonly Part[],
): { failure?: string; warning?: string } | undefined {
  const where = `${use.image} ${use.version} (${use.environments.join(', ')})`
  const part = parts.find(({ images }) => images.some((image) => isImage(use.image, image)))
  if (part === undefined) return { failure: `${where}: add the image to tools/check/lifetimes/parts.ts, with its end` }
  const series = part.series.find((each) => isOf(use.version, each))
  if (series === undefined)
    return { failure: `${where}: add its release series to ${part.name} in tools/check/lifetimes/parts.ts` }
  const { ends, instead, source, accepted } = series
  if (ends === undefined) return undefined
  const what = `${where}: the support of ${series.series} ${ends < today ? 'ended' : 'ends'} on ${ends} (${source}). Use ${instead}.`
  if (ends >= today) return daysBetween(today, ends) <= NOTICE_DAYS ? { warning: what } : undefined
  if (accepted === undefined) return { failure: what }
  if (accepted.until < today) return { failure: `${what} It was accepted until ${accepted.until}: decide again.` }
  return { warning: `${what} Accepted until ${accepted.until}: ${accepted.why}` }
}

/** Whether an image is the named one: its last step, or its whole name where that has several steps. */
function isImage(image: string, name: string): boolean {
  if (name.includes('/')) return image === name
  return image.split('/').at(-1) === name && !image.startsWith('sandbox.local/')
}

function isOf(version: string, { series }: Series): boolean {
  return version === series || version.startsWith(`${series}.`) || version.startsWith(`${series}-`)
}

function daysBetween(from: string, to: string): number {
  return (Date.parse(to) - Date.parse(from)) / DAY_MS
}

/** The table of docs/support.md: the releases of the parts, their ends and the sources. */
export function lifetimesTable(environments: readonly Environment[], parts = PARTS): string {
  const uses = usesOf(environments)
  const rows = parts.flatMap(({ name, images, series }) =>
    series.map((each) => {
      const where = uses.filter((use) => images.some((image) => isImage(use.image, image)) && isOf(use.version, each))
      const names = [...new Set(where.flatMap((use) => use.environments))]
      const accepted = each.accepted === undefined ? '' : `, accepted until ${each.accepted.until}`
      const end = `${each.ends ?? 'not known'}${accepted}`
      return `| ${[name, each.series, end, names.join(', ') || '-', each.source].join(' | ')} |`
    }),
  )
  return ['| part | release | fixes until | used by | source |', '|---|---|---|---|---|', ...rows, ''].join('\n')
}
