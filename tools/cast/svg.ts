import { SIZE } from './record.ts'
import type { Run, Screen } from './screens.ts'

/** A character at a font size of 14 px. */
const CELL_PX = { width: 8.4, height: 18 }
const PADDING_PX = 16
/** Longest time that a screen is shown, so that nobody has to watch a build. */
const LONGEST_MS = 1000
/** The recording plays this many times faster than the command ran. */
const SPEED = 4
/** How long the last screen is shown before the recording restarts. */
const END_MS = 8000
/** The 16 colours of a terminal, for a dark background. */
const COLOURS = [
  '#6b7280',
  '#f87171',
  '#4ade80',
  '#facc15',
  '#60a5fa',
  '#e879f9',
  '#22d3ee',
  '#e5e7eb',
  '#9ca3af',
  '#fca5a5',
  '#86efac',
  '#fde047',
  '#93c5fd',
  '#f0abfc',
  '#67e8f9',
  '#ffffff',
]

/**
 * Draws the screens as an animated SVG that repeats. Each distinct row is defined once, and the screens refer to it.
 * With `prefers-reduced-motion` it shows the last screen.
 *
 * @param title describes the recording to users of screen readers
 */
export function svgOf(screens: readonly Screen[], title: string): string {
  const rows = new Map<string, number>()
  const times = timesOf(screens)
  const totalMs = (times.at(-1) ?? 0) + END_MS
  const frames = screens.map((screen, index) => {
    const uses = screen.rows.flatMap((row, line) => {
      if (row.length === 0) return []
      const drawn = drawRow(row)
      if (!rows.has(drawn)) rows.set(drawn, rows.size)
      return [`<use href="#r${rows.get(drawn)}" y="${line * CELL_PX.height}"/>`]
    })
    return `<g class="f" style="animation-name:f${index}">${uses.join('')}</g>`
  })
  const keyframes = times.map((atMs, index) => keyframe(index, atMs, times[index + 1] ?? totalMs, totalMs))
  const [width, height] = [SIZE.columns * CELL_PX.width + 2 * PADDING_PX, SIZE.rows * CELL_PX.height + 2 * PADDING_PX]
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(title)}">`,
    `<title>${escaped(title)}</title>`,
    '<style>',
    `text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;fill:#e5e7eb;white-space:pre}`,
    `.f{visibility:hidden;animation:${totalMs}ms step-end infinite}`,
    `.f:last-of-type{visibility:visible}`,
    '@media (prefers-reduced-motion: no-preference){.f:last-of-type{visibility:hidden}}',
    '@media (prefers-reduced-motion: reduce){.f{animation:none}}',
    ...keyframes,
    '</style>',
    `<rect width="100%" height="100%" rx="8" fill="#111827"/>`,
    `<defs>${[...rows].map(([drawn, id]) => `<text id="r${id}" xml:space="preserve">${drawn}</text>`).join('\n')}</defs>`,
    `<g transform="translate(${PADDING_PX} ${PADDING_PX + 13})">`,
    ...frames,
    '</g>',
    '</svg>',
    '',
  ].join('\n')
}

/** Milliseconds at which each screen appears in the recording. */
function timesOf(screens: readonly Screen[]): number[] {
  const times: number[] = []
  for (const [index, { atMs }] of screens.entries()) {
    const before = screens[index - 1]
    const shownMs = before === undefined ? 0 : Math.min((atMs - before.atMs) / SPEED, LONGEST_MS)
    times.push(Math.round((times.at(-1) ?? 0) + shownMs))
  }
  return times
}

function keyframe(index: number, fromMs: number, untilMs: number, totalMs: number): string {
  const percent = (ms: number): string => `${((ms / totalMs) * 100).toFixed(2)}%`
  const before = fromMs === 0 ? '' : '0%{visibility:hidden}'
  return `@keyframes f${index}{${before}${percent(fromMs)}{visibility:visible}${percent(untilMs)}{visibility:hidden}}`
}

function drawRow(runs: readonly Run[]): string {
  return runs.map(drawRun).join('')
}

function drawRun({ text, colour, isBold }: Run): string {
  const fill = colour === undefined ? undefined : COLOURS[colour]
  const style = `${fill === undefined ? '' : ` fill="${fill}"`}${isBold ? ' font-weight="700"' : ''}`
  return style === '' ? escaped(text) : `<tspan${style}>${escaped(text)}</tspan>`
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
