import { showSteps } from '@chat-app/cli'
import { chosenEnvironments } from './choose.ts'
import { diffBetween, diffFrom } from './diff/index.ts'
import { optionsOf } from './options.ts'
import { synth } from './write.ts'

export { command } from './options.ts'

/**
 * Does what the arguments of `npm run synth` ask for.
 *
 * @returns the text to print
 * @throws Error that names the wrong argument or value and what is valid
 */
export function run(args: readonly string[]): string {
  const { env, out, diff, diffFrom: dir, format } = optionsOf(args)
  if (diff !== undefined) return diffBetween(diff, format)
  const chosen = chosenEnvironments(env)
  if (dir !== undefined) return diffFrom(dir, chosen, env.length === 0, format)
  const steps = showSteps()
  try {
    return synth(chosen, out, ({ name }) => steps.next(name, chosen.length)).join('\n')
  } catch (error) {
    // An error of the file system names no option.
    if ((error as NodeJS.ErrnoException).code === undefined) throw error
    throw new Error(`--out ${JSON.stringify(out)}: ${(error as Error).message}`, { cause: error })
  } finally {
    steps.end()
  }
}
