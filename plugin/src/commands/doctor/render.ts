import type { Paint } from '../../text/paint.ts'
import { plain } from '../../text/plain.ts'
import { table } from '../../text/table.ts'
import { treeRows } from '../../text/tree.ts'
import type { Checked, Finding, Level } from './finding.ts'

const COLOURS = { ok: 'green', warning: 'yellow', error: 'red', skipped: 'dim' } as const

/** The findings as a tree. Those that need something say why it matters and what to do. */
export function renderFindings(title: string, checked: readonly Checked[], paint: Paint): string[] {
  const branches = checked.map(({ check, findings }) => ({
    cells: [check],
    children: findings.map(({ level, where, what }) => ({
      cells: [plain(where), paint(COLOURS[level], level), plain(what)],
      children: [],
    })),
  }))
  const findings = checked.flatMap(({ findings: all }) => [undefined, ...all])
  const rows = treeRows(branches).flatMap((row, index) => [row, ...detailRows(row[0] ?? '', findings[index], paint)])
  return [title, '', ...table(rows), '', summary(checked, paint)]
}

/** The rows below a finding. The lines of the tree go on beside them. */
function detailRows(first: string, finding: Finding | undefined, paint: Paint): string[][] {
  const lines = (/^[│├└─ ]*/.exec(first)?.[0] ?? '').replace('├─', '│ ').replace('└─', '  ')
  const row = (word: string, text: string | undefined) =>
    text === undefined ? [] : [[lines, paint('dim', word), plain(text)]]
  return [...row('why', finding?.why), ...row('do', finding?.fix)]
}

function summary(checked: readonly Checked[], paint: Paint): string {
  const count = (level: Level) =>
    checked.flatMap(({ findings }) => findings).filter((each) => each.level === level).length
  const parts = (['error', 'warning', 'skipped'] as const).flatMap((level) => {
    const number = count(level)
    const word = level === 'skipped' || number === 1 ? level : `${level}s`
    return number === 0 ? [] : [paint(COLOURS[level], `${number} ${word}`)]
  })
  return parts.length === 0 ? paint('green', 'nothing to mend') : parts.join(', ')
}
