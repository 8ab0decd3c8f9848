/** A row of a table, and its environment. */
export interface Row {
  readonly cells: readonly string[]
  readonly environment: string
}

/** A Markdown table with equal rows once, and all their environments in the last column. */
export function table(head: readonly string[], rows: readonly Row[]): string {
  const all = new Set(rows.map(({ environment }) => environment))
  const merged = new Map<string, Set<string>>()
  for (const { cells, environment } of rows) {
    const line = cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')
    merged.set(line, (merged.get(line) ?? new Set()).add(environment))
  }
  const lines = [...merged].map(
    ([line, having]) => `| ${line} | ${having.size === all.size ? 'all' : [...having].join(', ')} |`,
  )
  const columns = [...head, 'where']
  return [`| ${columns.join(' | ')} |`, `|${columns.map(() => '---|').join('')}`, ...lines, ''].join('\n')
}
