import { createInterface } from 'node:readline/promises'
import { version } from '@chat-app/environments'
import { Command } from 'commander'
import { contextTarget } from './context-target.ts'
import { exchangeRows, faults, table } from './report.ts'
import { runDemo } from './run.ts'
import type { DemoResult } from './run.ts'
import { sandboxTarget } from './sandbox-target.ts'
import type { Target } from './target.ts'

interface DemoOptions {
  readonly keep?: true
  readonly context?: string
  readonly registry?: string
  readonly mariadbImage: string
  readonly redisImage: string
  readonly yes?: true
}

const command = new Command('npm run demo --')
  .description(
    'Starts a real Kubernetes, installs the operator, applies a ChatApp, and lets two users chat across two pods.',
  )
  .option('--keep', 'leave everything running')
  .option('--context <name>', 'use this cluster of your kubeconfig instead of the sandbox')
  .option('--registry <host/path>', 'with --context: push the images there, and let the cluster pull from there')
  .option('--mariadb-image <name>', 'with --context', 'docker.io/library/mariadb:10.11')
  .option('--redis-image <name>', 'with --context', 'docker.io/library/redis:7.2')
  .option('--yes', 'with --context: do not ask before anything is created')

async function main(options: DemoOptions): Promise<number> {
  const target = targetOf(options)
  if (!(await canStart(target)) || !(await mayStart(target, options))) return 1
  const stop = once(() => target.stop(() => {}))
  process.once('SIGINT', () => void interrupted(stop, options))
  process.once('SIGTERM', () => void interrupted(stop, options))
  try {
    return report(await runDemo(target, version), target, options)
  } catch (error) {
    console.error(`\n${(error as Error).message}`)
    if (options.keep) console.error(`\nIt is left as it is (--keep). Look around:\n${indent(target.hints())}`)
    else console.error('\nRun it again with --keep to look around when it fails: npm run demo -- --keep')
    return 1
  } finally {
    if (!options.keep) await stop()
  }
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
  for (const { what, remedy } of missing) console.error(`  ${what}\n    -> ${remedy}`)
  return false
}

async function mayStart(target: Target, options: DemoOptions): Promise<boolean> {
  if (target.creates.length === 0 || options.yes) return true
  console.log(`This creates in ${target.title}, and removes at the end:\n${indent(target.creates)}\n`)
  if (!process.stdin.isTTY) {
    console.error('There is no terminal to ask on. Add --yes to go on.')
    return false
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  const answer = await terminal.question('Go on? [y/N] ')
  terminal.close()
  return /^y(es)?$/i.test(answer.trim())
}

function report({ exchange, steps }: DemoResult, target: Target, options: DemoOptions): number {
  console.log(`\n${table(exchangeRows(exchange))}\n`)
  console.log(`${steps.map(([name, seconds]) => `${seconds.toFixed(1).padStart(7)} s  ${name}`).join('\n')}\n`)
  const wrong = faults(exchange)
  if (wrong.length > 0) {
    console.error(`The exchange failed: ${wrong.join(', ')}.`)
    return 1
  }
  const next = options.keep
    ? target.hints()
    : [
        'npm run demo -- --keep     the same, and it stays for you to look around',
        'npm run synth              the manifests of every environment',
        'npm test                   everything that is checked',
      ]
  console.log(`What to try next:\n${indent(next)}`)
  return 0
}

async function interrupted(stop: () => Promise<void>, options: DemoOptions): Promise<void> {
  console.error('\ninterrupted')
  if (!options.keep) await stop().catch((error: Error) => console.error(error.message))
  process.exit(130)
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined
  return () => (done ??= work())
}

function indent(lines: readonly string[]): string {
  return lines.map((line) => `  ${line}`).join('\n')
}

process.exitCode = await main(command.parse().opts<DemoOptions>())
