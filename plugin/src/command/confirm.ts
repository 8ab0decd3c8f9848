import { Failure } from '../failure.ts'
import type { Terminal } from './terminal.ts'

export const YES_OPTION = { yes: { short: 'y', help: 'do it without a question' } } as const

/**
 * Asks before something is changed.
 *
 * @param what what will happen, in sentences
 * @throws Failure when the answer is not yes, and where nobody can be asked
 */
export async function confirm({ ask, note }: Terminal, what: string, isYes: boolean | undefined): Promise<void> {
  if (isYes === true) return
  if (ask === undefined)
    throw new Failure(`${what}\nNothing was changed: without a terminal to ask on, this needs --yes`)
  note(what)
  const answer = await ask('Go on? [y/N] ')
  if (!/^y(es)?$/i.test(answer.trim())) throw new Failure('nothing was changed')
}
