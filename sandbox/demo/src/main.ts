import { runCommand } from '@chat-app/cli'
import { version } from '@chat-app/environments'
import { confirm } from './confirm.ts'
import { contextTarget } from './context-target.ts'
import { interruptible } from './interruptible.ts'
import { command, parseOptions, type DemoOptions } from './options.ts'
import { exchangeRows, faults, table } from './report.ts'
import { runDemo, type DemoResult } from './run.ts'
import { sandboxTarget } from './sandbox-target.ts'
import type { Target } from './target.ts'

/** The command as it was given. */
const COMMAND_LINE = ['npm run demo --', ...process.argv.slice(2)].join(' ')

/** @returns the exit code */
async function main(options: DemoOptions): Promise<number> {
  const target = targetOf(options)
  if (!(await canStart(target)) || !(await mayStart(target, options))) return 1
  const signal = interruptible()
  const isGood = await demo(target, options, signal)
  const isClean = options.keep || (await remove(target))
  if (signal.aborted) return 130
  return isGood && isClean ? 0 : 1
}

function targetOf(options: DemoOptions): Target {
  if (options.context === undefined) return sandboxTarget()
  return contextTarget({
    context: options.context,
    mariadb: options.mariadbImage,
    redis: options.redisImage,
    ...(options.registry === undefined ? {} : { registry: options.registry }),
  })
}

async function canStart(target: Target): Promise<boolean> {
  const missing = await target.missing()
  if (missing.length === 0) return true
  console.error(`This cannot run on ${target.title} yet. Nothing was done. What is missing:\n`)
  for (const { what, remedy } of missing) console.error(`  ${what}\n    -> ${remedy.replaceAll('\n', '\n       ')}`)
  return false
}

async function mayStart(target: Target, options: DemoOptions): Promise<boolean> {
  if (target.creates.length === 0) return true
  const end = options.keep ? 'leaves there (--keep)' : 'removes at the end'
  console.log(`This creates in ${target.title}, and ${end}:\n${indent(target.creates)}\n`)
  if (options.yes) return true
  if (process.stdin.isTTY) return confirm('Go on?')
  console.error('There is no terminal to ask on. Add --yes to go on. Nothing was done.')
  return false
}

/** Whether two users chatted and nothing went wrong. */
async function demo(target: Target, options: DemoOptions, signal: AbortSignal): Promise<boolean> {
  try {
    return report(await runDemo(target, version, signal), target, options)
  } catch (error) {
    if (!signal.aborted) console.error(`\n${(error as Error).message}\n`)
    if (options.keep) console.error(`It is left as it is (--keep). Look around:\n${indent(target.hints())}`)
    else if (!signal.aborted) console.error(`To look around when it fails: ${COMMAND_LINE} --keep`)
    return false
  }
}

/** Whether all is gone. */
async function remove(target: Target): Promise<boolean> {
  try {
    await target.stop((text) => console.log(text))
    return true
  } catch (error) {
    console.error(`\nNot all could be removed: ${(error as Error).message}\nTo remove it yourself:`)
    console.error(indent(target.hints().slice(-1)))
    return false
  }
}

function report({ exchange, steps }: DemoResult, target: Target, options: DemoOptions): boolean {
  console.log(`\n${table(exchangeRows(exchange))}\n`)
  console.log(`${steps.map(([name, seconds]) => `${seconds.toFixed(1).padStart(7)} s  ${name}`).join('\n')}\n`)
  const wrong = faults(exchange)
  if (wrong.length > 0) {
    console.error(`The exchange failed: ${wrong.join(', ')}.`)
    return false
  }
  const next = options.keep
    ? target.hints()
    : [
        'npm run synth     # the manifests of every environment',
        'npm test          # everything that is checked',
        `${COMMAND_LINE} --keep     # the same, and it stays for you to look around`,
      ]
  console.log(`What to try next:\n${indent(next)}\n`)
  return true
}

function indent(lines: readonly string[]): string {
  return lines.map((line) => `  ${line}`).join('\n')
}

await runCommand(command, async (args) => {
  process.exitCode = await main(parseOptions(args))
})
// A promise that nobody waits for any more must not keep the process alive.
process.exit()
