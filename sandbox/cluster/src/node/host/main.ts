import { makeLink } from '../link.ts'
import { boot } from './boot.ts'
import { importImages, signal } from './inside.ts'
import { remove } from './remove.ts'
import { emptyVolumes } from './volumes.ts'

/** The actions of a node sandbox that run as root. Everything else runs as the user. */
export const actions = {
  makeLink: ({ dir, debian }: { readonly dir: string; readonly debian: string }) => makeLink(debian, dir),
  boot,
  importImages,
  signal,
  remove,
  emptyVolumes,
} as const

export type Actions = typeof actions

// Usage with sudo: main.ts ACTION ARGUMENT. The argument and the result on standard output are JSON.
if (import.meta.main) {
  const [name = '', argument = '{}'] = process.argv.slice(2)
  if (!Object.hasOwn(actions, name))
    throw new Error(`action ${JSON.stringify(name)}: expected ${Object.keys(actions).join(', ')}`)
  const action = actions[name as keyof Actions] as (argument: unknown) => unknown
  try {
    process.stdout.write(JSON.stringify((await action(JSON.parse(argument))) ?? null))
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`)
    process.exitCode = 1
  }
}
