import { environments } from '@chat-app/environments'
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { bundleApps } from './platform/bundle.ts'
import { clustersOf } from './platform/cluster.ts'
import type { Environment } from './platform/values.ts'

const usage = 'npm run synth [-- --env NAME]... [-- --out DIR]'
const root = resolve(import.meta.dirname, '../..')

/**
 * Writes the manifests of the chosen environments below a folder, one folder each. A folder is replaced as a whole, and
 * only when everything was rendered: a mistake leaves the last good files.
 *
 * @returns one line for each environment
 */
export function synth(chosen: readonly Environment[], out: string): string[] {
  mkdirSync(out, { recursive: true })
  const made = mkdtempSync(join(dirname(resolve(out)), `.${basename(resolve(out))}-`))
  try {
    for (const cluster of chosen.flatMap(clustersOf))
      for (const app of bundleApps(cluster, join(made, cluster.folder))) app.synth()
    return chosen.map(({ name }) => replace(join(made, name), join(out, name)))
  } finally {
    rmSync(made, { recursive: true, force: true })
  }
}

function replace(from: string, to: string): string {
  const summary = summarize(from)
  const old = `${from}.old`
  if (existsSync(to)) renameSync(to, old)
  renameSync(from, to)
  return `${to}: ${summary}`
}

function summarize(folder: string): string {
  const count = (files: string[]) =>
    files.reduce((sum, file) => sum + (readFileSync(join(folder, file), 'utf8').match(/^kind:/gm) ?? []).length, 0)
  const applied = globSync('*.yaml', { cwd: folder })
  return `${applied.length} files with ${count(applied)} objects, and ${count(globSync('preview/*.yaml', { cwd: folder }))} in preview`
}

/** @throws Error that names what is valid, for an unknown option or environment. */
export function choose(args: readonly string[]): { chosen: readonly Environment[]; out: string } {
  const { env, out } = parse(args)
  const valid = environments.map(({ name }) => name)
  const unknown = env.find((name) => !valid.includes(name))
  if (unknown !== undefined) throw new Error(`unknown environment "${unknown}"; there are ${valid.join(', ')}`)
  return { chosen: env.length === 0 ? environments : environments.filter(({ name }) => env.includes(name)), out }
}

function parse(args: readonly string[]): { env: string[]; out: string } {
  const options = { env: { type: 'string', multiple: true }, out: { type: 'string' } } as const
  try {
    const { env = [], out } = parseArgs({ args: [...args], options }).values
    return { env, out: out ?? join(root, 'dist') }
  } catch (error) {
    throw new Error(`${(error as Error).message}\nusage: ${usage}`, { cause: error })
  }
}

function main(args: readonly string[]): void {
  const { chosen, out } = choose(args)
  for (const line of synth(chosen, out)) console.log(line)
}

if (import.meta.main) {
  try {
    main(process.argv.slice(2))
  } catch (error) {
    console.error(`synth: ${(error as Error).message}`)
    process.exitCode = 1
  }
}
