import { synth } from './synth/main.ts'

/** `npm run bench -- NAME`: measures one thing beside what else does it, in the same run, and prints a table. */
const benches: Readonly<Record<string, (args: readonly string[]) => Promise<void>>> = { synth }

const [name = '', ...args] = process.argv.slice(2)
const bench = benches[name]
if (bench === undefined) {
  console.error(`bench: unknown "${name}"; there are ${Object.keys(benches).join(', ')}`)
  process.exitCode = 1
} else await bench(args)
