/** The times of one program. */
export interface Measured {
  readonly name: string
  /** Milliseconds of the first run, without any cache. */
  readonly first?: number | undefined
  /** Median of the other runs, milliseconds. */
  readonly ms: number
}

/** Aims of `npm run synth`: at most this ratio to the time of the other, or this many milliseconds. */
const AIMS: Readonly<Record<string, { readonly ratio: number } | { readonly ms: number }>> = {
  'warm, in one process': { ms: 60 },
  'helm template': { ratio: 0.7 },
  'cdk8s CLI and ts-node': { ratio: 0.1 },
}

/** A row for each, with the ratio of `npm run synth` to it and whether the aim is met. */
export function table(measured: readonly Measured[]): string {
  const own = measured.find(({ name }) => name === 'npm run synth')?.ms ?? Number.NaN
  const rows = measured.map(({ name, first, ms }) => {
    const isOther = name !== 'npm run synth' && !name.startsWith('warm')
    return [
      name,
      first === undefined ? '' : `${first.toFixed(0)} ms`,
      `${ms.toFixed(0)} ms`,
      isOther ? (own / ms).toFixed(2) : '',
      aimText(name, ms, own),
    ]
  })
  const all = [['', 'first, nothing cached', 'median, caches warm', 'synth / it', 'aim'], ...rows]
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

function aimText(name: string, ms: number, own: number): string {
  const aim = AIMS[name]
  if (aim === undefined) return ''
  const [isMet, text] =
    'ms' in aim ? [ms <= aim.ms, `at most ${aim.ms} ms`] : [own / ms <= aim.ratio, `at most ${aim.ratio}`]
  return `${text}: ${isMet ? 'met' : 'missed'}`
}
