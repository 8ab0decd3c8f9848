import { resolve } from 'node:path'
import { readOptions, USAGE } from './options.ts'
import { makeRelease } from './release.ts'
import { readSource } from './source.ts'
import { nextSteps, summary } from './summary.ts'
import { versionOf } from './version.ts'

const checkout = resolve(import.meta.dirname, '..', '..', '..')
async function main(args: readonly string[]): Promise<void> {
  const startedAt = performance.now()
  const { version: option, out, registry } = readOptions(args, checkout)
  const source = readSource(checkout, process.env)
  const version = versionOf(source, option, process.env)
  const say = (text: string): void => console.log(`${version.version}: ${text}`)
  const folder = await makeRelease({ ...version, checkout, out, registry, source, say })
  console.log(await summary(folder, source, performance.now() - startedAt))
  console.log(nextSteps(folder, { version: version.version, registry }))
}

// What is half done is removed on the way out.
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)
  process.once(signal, () => process.exit(code))
try {
  const args = process.argv.slice(2)
  if (args.includes('--help')) console.log(`usage: ${USAGE}`)
  else await main(args)
} catch (error) {
  console.error(`package: ${(error as Error).message}`)
  process.exitCode = 1
}
