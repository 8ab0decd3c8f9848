/** One SELECT of a statement that unites several. */
export interface Part {
  /** The rows have it as `part`. */
  readonly name: string
  /** Expressions by column. Columns of the same name have the same type in all parts. */
  readonly columns: Readonly<Record<string, string>>
  /** All after FROM. */
  readonly from: string
  /** Of the placeholders. */
  readonly values: readonly unknown[]
}

/** MariaDB makes a decimal, which the driver reads as a string, of a number and a NULL without a type. */
const NO_NUMBER = 'CAST(NULL AS UNSIGNED)'

/**
 * A statement that reads all parts. A column that a part does not have is null in its rows.
 *
 * @param numbers the columns that are unsigned integers
 */
export function unionAll(parts: readonly Part[], numbers: ReadonlySet<string>): { sql: string; values: unknown[] } {
  const names = [...new Set(parts.flatMap(({ columns }) => Object.keys(columns)))]
  const selects = parts.map(({ name, columns, from }) => {
    const absent = (column: string) => (numbers.has(column) ? NO_NUMBER : 'NULL')
    const expressions = names.map((column) => `${columns[column] ?? absent(column)} AS ${column}`)
    return `SELECT '${name}' AS part, ${expressions.join(', ')} FROM ${from}`
  })
  return { sql: selects.join('\nUNION ALL\n'), values: parts.flatMap(({ values }) => values) }
}

/**
 * A table of the rows of one placeholder, whose value is an array of arrays as JSON. A join with it is one look-up for each
 * row; a list of thousands of conditions takes the server several times as long.
 *
 * @param types by column, in the order of the values
 */
export function valuesTable(types: Readonly<Record<string, string>>): string {
  const columns = Object.entries(types).map(([name, type], index) => `${name} ${type} PATH '$[${index}]'`)
  return `JSON_TABLE(?, '$[*]' COLUMNS (${columns.join(', ')}))`
}
