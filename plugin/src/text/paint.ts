import { styleText } from 'node:util'

export type Colour = 'green' | 'yellow' | 'red' | 'cyan' | 'dim' | 'bold'

/** Gives a text a colour, or leaves it as it is. */
export type Paint = (colour: Colour, text: string) => string

export const unpainted: Paint = (_colour, text) => text

const painted: Paint = (colour, text) => (text === '' ? '' : styleText(colour, text, { validateStream: false }))

/** Colours on a terminal, unless `NO_COLOR` has a value (https://no-color.org) or the terminal has none (`TERM=dumb`). */
export function paintFor(isTerminal: boolean, { NO_COLOR, TERM }: NodeJS.ProcessEnv): Paint {
  const isRefused = NO_COLOR !== undefined && NO_COLOR !== ''
  return isTerminal && !isRefused && TERM !== 'dumb' ? painted : unpainted
}

/** The columns of a text without its colours. */
export function columnsOf(text: string): number {
  return Array.from(unstyled(text)).length
}

/** The first columns of a text with colours. */
export function cut(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text
  let left = columns - 1
  const kept = text
    .split(STYLE)
    .map((part, index) => (index % 2 === 1 ? part : take(part)))
    .join('')
  function take(part: string): string {
    const characters = Array.from(part).slice(0, left)
    left -= characters.length
    return characters.join('')
  }
  return `${kept}…`
}

// oxlint-disable-next-line no-control-regex -- the sequences of styleText begin with one
const STYLE = /(\u001b\[\d+m)/

function unstyled(text: string): string {
  return text
    .split(STYLE)
    .filter((_, index) => index % 2 === 0)
    .join('')
}
