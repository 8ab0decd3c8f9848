import { chosenEnvironments } from './choose.ts'
import { diffBetween, diffFrom } from './diff/index.ts'
import { optionsOf, usage } from './options.ts'
import { synth } from './write.ts'

/**
 * Does what the arguments of `npm run synth` ask for.
 *
 * @returns what is printed
 * @throws Error that says what is wrong and what is valid
 */
export function run(args: readonly string[]): string {
  if (args.includes('--help')) return `usage:\n  ${usage}`
  const { env, out, diff, diffFrom: dir, format } = optionsOf(args)
  if (diff !== undefined) return diffBetween(diff, format)
  const chosen = chosenEnvironments(env)
  if (dir !== undefined) return diffFrom(dir, chosen, env.length === 0, format)
  try {
    return synth(chosen, out).join('\n')
  } catch (error) {
    // What the file system refuses names no option.
    if ((error as NodeJS.ErrnoException).code === undefined) throw error
    throw new Error(`--out ${JSON.stringify(out)}: ${(error as Error).message}`, { cause: error })
  }
}
