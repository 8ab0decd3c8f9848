import type { ClusterChanges } from './clusters.ts'
import { effectText, restarting, type Change, type FieldChange } from './compare.ts'
import { MAX_ROWS } from './limits.ts'
import { lineChanges, plural, shown } from './shown.ts'

/** A comment for a merge request: a table for each cluster, and the restarting objects above it. */
export function asMarkdown(found: readonly ClusterChanges[]): string {
  if (found.length === 0) return '## Manifests\n\nNothing changes.'
  return ['## Manifests', ...found.map(clusterSection)].join('\n\n')
}

function clusterSection({ title, whole, changes }: ClusterChanges): string {
  const heading = `### ${title}`
  if (whole !== undefined)
    return `${heading}\n\n${whole.is === 'new' ? 'New' : 'No longer written'}: ${plural(whole.objects, 'object')}.`
  const rows = changes.flatMap(rowsOf)
  const more = rows.length - MAX_ROWS
  const table = ['| object | field | old | new | effect |', '|---|---|---|---|---|', ...rows.slice(0, MAX_ROWS)].join(
    '\n',
  )
  const rest = more > 0 ? [`... and ${more} more rows: \`npm run synth -- --diff-from DIR\` shows all.`] : []
  return [heading, counts(changes), table, ...rest].join('\n\n')
}

function counts(changes: readonly Change[]): string {
  const count = (kind: Change['change']) => changes.filter(({ change }) => change === kind).length
  const restarts = restarting(changes)
  const pods = restarts.length === 0 ? 'No pods restart.' : `**Pods restart:** ${restarts.map(code).join(', ')}.`
  return `${plural(count('changed'), 'object')} changed, ${count('added')} added, ${count('removed')} removed. ${pods}`
}

function rowsOf({ change, object, isPreview, fields, effect }: Change): string[] {
  const name = `${code(object)}${isPreview ? ' (by the operator)' : ''}`
  if (change !== 'changed') return [row([name, change, '', '', effect])]
  return fields.map((field) => row([name, code(field.field), ...values(field), effectText(field)]))
}

function values(change: FieldChange): [string, string] {
  const lines = lineChanges(change)
  if (lines === undefined) return [code(shown(change.old)), code(shown(change.new))]
  return [lines.removed.map(code).join('<br>'), lines.added.map(code).join('<br>')]
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}

/** Literal text in a cell of a table: a `|` is escaped, and the fence is longer than any backquotes in it. */
function code(text: string): string {
  if (text.trim() === '') return ''
  const fence = '`'.repeat(1 + Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length)))
  const pad = fence.length > 1 ? ' ' : ''
  return `${fence}${pad}${text.replaceAll('|', '\\|')}${pad}${fence}`
}
