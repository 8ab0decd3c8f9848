import { execFileSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { isExecutable, onPath } from '../system/on-path.ts'

/** Where the archive from go.dev is usually unpacked. sudo often removes the folder from PATH. */
const DEFAULT_PATH = '/usr/local/go/bin/go'
/** Since this version, Go downloads the version that go.mod requires, unless GOTOOLCHAIN forbids it. */
const MIN_TOOLCHAIN_VERSION = '1.21'

/**
 * Returns the path of a Go that can build a module with `go VERSION` in its go.mod.
 *
 * @throws Error that names what is missing, and the remedies
 */
export function goCommand(needed: readonly string[], version: string, remedies: readonly string[]): string {
  const go = findGo()
  if (go === undefined) throw missing(needed, `Go is not installed (the build needs ${version} or newer)`, remedies)
  const { GOVERSION = '', GOTOOLCHAIN = '' } = goEnvironment(go)
  const found = GOVERSION.replace(/^go/, '')
  if (compareVersions(found, version) >= 0) return go
  if (compareVersions(found, MIN_TOOLCHAIN_VERSION) >= 0 && !GOTOOLCHAIN.startsWith('local')) return go
  const local = GOTOOLCHAIN.startsWith('local') ? ' and GOTOOLCHAIN=local prevents the download of a newer version' : ''
  throw missing(needed, `Go ${found} (${go}) is older than ${version}${local}`, remedies)
}

/** Returns the path of Go, from PATH or from /usr/local/go; undefined if there is none. */
export function findGo(): string | undefined {
  return onPath('go') ?? (isExecutable(DEFAULT_PATH) ? DEFAULT_PATH : undefined)
}

/** Returns a negative number, 0 or a positive number. Only the numbers count: `1.24rc1` equals `1.24`. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((text) => text.split('.').map((part) => Number.parseInt(part, 10) || 0))
  const differences = [0, 1, 2].map((index) => (left?.[index] ?? 0) - (right?.[index] ?? 0))
  return differences.find((difference) => difference !== 0) ?? 0
}

/** Runs outside of the module: inside, an old Go fails because of the version in go.mod. */
function goEnvironment(go: string): Record<string, string> {
  const text = execFileSync(go, ['env', '-json', 'GOVERSION', 'GOTOOLCHAIN'], { cwd: tmpdir(), encoding: 'utf8' })
  return JSON.parse(text) as Record<string, string>
}

function missing(needed: readonly string[], reason: string, remedies: readonly string[]): Error {
  const lines = ['install Go (https://go.dev/dl/) and run the command again', ...remedies].map((text) => `  - ${text}`)
  return new Error([`${needed.join(', ')}: not in the cache, and ${reason}.`, 'Do one of these:', ...lines].join('\n'))
}
