import { execFileSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { isExecutable, onPath } from '../system/on-path.ts'

/** Where Go's own archive is unpacked; sudo often leaves it out of PATH. */
const USUAL_PLACE = '/usr/local/go/bin/go'
/** From here on Go fetches the version a module asks for, unless GOTOOLCHAIN forbids it. */
const FETCHES_TOOLCHAINS = '1.21'

/** Path of a Go that can build a module of this version; otherwise an error with what is missing and what helps. */
export function goCommand(needed: readonly string[], version: string, remedies: readonly string[]): string {
  const go = findGo()
  if (go === undefined) throw missing(needed, `Go is not installed (${version} or newer builds them)`, remedies)
  const { GOVERSION = '', GOTOOLCHAIN = '' } = goEnvironment(go)
  const found = GOVERSION.replace(/^go/, '')
  if (compareVersions(found, version) >= 0) return go
  if (compareVersions(found, FETCHES_TOOLCHAINS) >= 0 && !GOTOOLCHAIN.startsWith('local')) return go
  const local = GOTOOLCHAIN.startsWith('local') ? ' and GOTOOLCHAIN=local forbids to fetch a newer one' : ''
  throw missing(needed, `Go ${found} (${go}) is older than ${version}${local}`, remedies)
}

/** Go on PATH or where its archive is usually unpacked. */
export function findGo(): string | undefined {
  return onPath('go') ?? (isExecutable(USUAL_PLACE) ? USUAL_PLACE : undefined)
}

/** Negative, 0 or positive; only numbers count (`1.24rc1` is 1.24). */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((text) => text.split('.').map((part) => Number.parseInt(part, 10) || 0))
  const differences = [0, 1, 2].map((index) => (left?.[index] ?? 0) - (right?.[index] ?? 0))
  return differences.find((difference) => difference !== 0) ?? 0
}

/** Asked outside of the module: inside, an old Go would already fail on its version. */
function goEnvironment(go: string): Record<string, string> {
  const text = execFileSync(go, ['env', '-json', 'GOVERSION', 'GOTOOLCHAIN'], { cwd: tmpdir(), encoding: 'utf8' })
  return JSON.parse(text) as Record<string, string>
}

function missing(needed: readonly string[], reason: string, remedies: readonly string[]): Error {
  const lines = ['install Go (https://go.dev/dl/) and run the command again', ...remedies].map((text) => `  - ${text}`)
  return new Error([`${needed.join(', ')}: not in the cache, and ${reason}.`, 'What helps:', ...lines].join('\n'))
}
