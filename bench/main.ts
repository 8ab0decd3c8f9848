import { synth } from './synth/main.ts'

/** `npm run bench -- NAME`: measures one thing beside what else does it, in the same run, and prints a table. */
const benches: Readonly<Record<string, (args: readonly string[]) => Promise<void>>> = { synth }

const [name, ...args] = process.argv.slice(2)
try {
  await chosen(name)(args)
} catch (error) {
  console.error(`bench: ${(error as Error).message}`)
  process.exitCode = 1
}

function chosen(name: string | undefined): (args: readonly string[]) => Promise<void> {
  const bench = name === undefined ? undefined : benches[name]
  if (bench !== undefined) return bench
  const wrong = name === undefined ? 'which one?' : `unknown "${name}";`
  throw new Error(`${wrong} there is ${Object.keys(benches).join(', ')}, such as npm run bench -- synth`)
}
