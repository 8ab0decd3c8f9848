import { chosenEnvironments } from './choose.ts'
import { optionsOf } from './options.ts'
import { synth } from './write.ts'

/**
 * Does what the arguments of `npm run synth` ask for.
 *
 * @returns what is printed
 * @throws Error that says what is wrong and what is valid
 */
export function run(args: readonly string[]): string {
  const { env, out } = optionsOf(args)
  return synth(chosenEnvironments(env), out).join('\n')
}
