import { runCommand } from '@chat-app/cli'
import { version } from '@chat-app/environments'
import { confirm } from './confirm.ts'
import { contextTarget } from './context-target.ts'
import { interruptible } from './interruptible.ts'
import { command, parseOptions, type DemoOptions } from './options.ts'
import { exchangeRows, faults, table, type Exchange } from './report.ts'
import { servePage } from './page.ts'
import { runDemo } from './run.ts'
import { sandboxTarget } from './sandbox-target.ts'
import type { Target } from './target.ts'

/** The command that the user ran. */
const COMMAND_LINE = ['npm run demo --', ...process.argv.slice(2)].join(' ')

/** @returns the exit code */
async function main(options: DemoOptions): Promise<number> {
  if (options.page) {
    await servePage()
    return 0
  }
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
  console.error(`The demo cannot run on ${target.title}. Nothing was changed. Missing:\n`)
  for (const { what, remedy } of missing) console.error(`  ${what}\n    -> ${remedy.replaceAll('\n', '\n       ')}`)
  return false
}

async function mayStart(target: Target, options: DemoOptions): Promise<boolean> {
  if (target.creates.length === 0) return true
  const end = options.keep ? 'keeps (--keep)' : 'removes at the end'
  console.log(`The demo creates in ${target.title}, and ${end}:\n${indent(target.creates)}\n`)
  if (options.yes) return true
  if (process.stdin.isTTY) return confirm('Continue?')
  console.error('There is no terminal to confirm on. Add --yes to continue. Nothing was changed.')
  return false
}

/** Runs the demo. Reports whether it succeeded and the exchange has no faults. */
async function demo(target: Target, options: DemoOptions, signal: AbortSignal): Promise<boolean> {
  try {
    return report(await runDemo(target, version, signal), target, options)
  } catch (error) {
    if (!signal.aborted) console.error(`\n${(error as Error).message}\n`)
    if (options.keep) console.error(`Nothing is removed (--keep). To inspect it:\n${indent(target.hints())}`)
    else if (!signal.aborted) console.error(`To keep and inspect a failed demo: ${COMMAND_LINE} --keep`)
    return false
  }
}

/** Removes the demo. Reports whether everything was removed. */
async function remove(target: Target): Promise<boolean> {
  try {
    await target.stop((text) => console.log(text))
    return true
  } catch (error) {
    console.error(`\nThe removal failed: ${(error as Error).message}\nTo remove the rest:`)
    console.error(indent(target.hints().slice(-1)))
    return false
  }
}

function report(exchange: Exchange, target: Target, options: DemoOptions): boolean {
  console.log(`\n${table(exchangeRows(exchange))}\n`)
  const wrong = faults(exchange)
  if (wrong.length > 0) {
    console.error(`The exchange failed: ${wrong.join(', ')}.`)
    return false
  }
  const next = options.keep
    ? target.hints()
    : [
        'npm run synth     # write the manifests of every environment',
        'npm test          # run all tests',
        `${COMMAND_LINE} --keep     # run the demo again and keep the cluster`,
      ]
  console.log(`Next steps:\n${indent(next)}\n`)
  return true
}

function indent(lines: readonly string[]): string {
  return lines.map((line) => `  ${line}`).join('\n')
}

await runCommand(command, async (args) => {
  process.exitCode = await main(parseOptions(args))
})
// After an interrupt, work that is no longer awaited must not keep the process running.
process.exit()
