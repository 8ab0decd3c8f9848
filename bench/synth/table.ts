/** The times of one program. */
export interface Measured {
  readonly name: string
  /** Milliseconds of the first run, without caches. */
  readonly first?: number | undefined
  /** Median of the other runs, in milliseconds. */
  readonly ms: number
}

/** Targets: at most this ratio of `npm run synth` to the other program, or at most this many milliseconds. */
const TARGETS: Readonly<Record<string, { readonly ratio: number } | { readonly ms: number }>> = {
  'warm, in one process': { ms: 60 },
  'helm template': { ratio: 0.7 },
  'cdk8s CLI and ts-node': { ratio: 0.1 },
}

/** A table with a row for each program: its times, the ratio of `npm run synth` to it, and whether the target is met. */
export function table(measured: readonly Measured[]): string {
  const own = measured.find(({ name }) => name === 'npm run synth')?.ms ?? Number.NaN
  const rows = measured.map(({ name, first, ms }) => {
    const isOther = name !== 'npm run synth' && !name.startsWith('warm')
    return [
      name,
      first === undefined ? '' : `${first.toFixed(0)} ms`,
      `${ms.toFixed(0)} ms`,
      isOther ? (own / ms).toFixed(2) : '',
      targetText(name, ms, own),
    ]
  })
  const all = [['', 'first run, no caches', 'median, warm caches', 'synth / this', 'target'], ...rows]
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)))
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

function targetText(name: string, ms: number, own: number): string {
  const target = TARGETS[name]
  if (target === undefined) return ''
  const [isMet, text] =
    'ms' in target
      ? [ms <= target.ms, `at most ${target.ms} ms`]
      : [own / ms <= target.ratio, `at most ${target.ratio}`]
  return `${text}: ${isMet ? 'met' : 'missed'}`
}
