import { runCommand, showSteps } from '@chat-app/cli'
import { resolve } from 'node:path'
import { command, readOptions } from './options.ts'
import { makeRelease } from './release.ts'
import { readSource } from './source.ts'
import { nextSteps, summary } from './summary.ts'
import { versionOf } from './version.ts'

const CHECKOUT = resolve(import.meta.dirname, '..', '..', '..')

/** `npm run package`. */
async function main(args: readonly string[]): Promise<void> {
  const startedAt = performance.now()
  const { version: option, out, registry } = readOptions(args, CHECKOUT)
  const source = readSource(CHECKOUT, process.env)
  const version = versionOf(source, option, process.env)
  const steps = showSteps()
  const release = makeRelease({ ...version, checkout: CHECKOUT, out, registry, source, steps })
  const folder = await release.finally(steps.end)
  console.log(await summary(folder, source, performance.now() - startedAt))
  console.log(nextSteps(folder, { version: version.version, registry }))
}

// Ending by `exit` removes the incomplete release.
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)
  process.once(signal, () => process.exit(code))
await runCommand(command, main)
