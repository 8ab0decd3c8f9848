import { once } from 'node:events'
import { createInterface } from 'node:readline/promises'

/** Asks a question on the terminal. Returns true for y or yes, and false for anything else, including Ctrl-C and Ctrl-D. */
export async function confirm(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  const closed = once(terminal, 'close').then(() => '')
  try {
    const answer = await Promise.race([terminal.question(`${question} [y/N] `), closed])
    return /^y(es)?$/i.test(answer.trim())
  } catch {
    return false
  } finally {
    terminal.close()
  }
}
