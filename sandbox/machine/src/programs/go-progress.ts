import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Progress } from '../types.ts'
import type { GoModule } from './go-module.ts'

const REPORT_EVERY_MS = 2000
const KEPT_LINES = 40

/** Runs `go` in the module's folder and reports how far it is; throws an error with the end of its output. */
export async function runGoBuild(
  go: string,
  { folder, title }: GoModule,
  args: readonly string[],
  onProgress: Progress,
): Promise<void> {
  const startedAt = performance.now()
  const counts = { downloaded: 0, compiled: 0 }
  const last: string[] = []
  const child = spawn(go, args, { cwd: folder, env: environment(), stdio: ['ignore', 'pipe', 'pipe'] })
  createInterface(child.stderr).on('line', (line) => note(line, counts, last))
  createInterface(child.stdout).on('line', (line) => note(line, counts, last))
  const report = setInterval(() => onProgress(describe(title, counts, performance.now() - startedAt)), REPORT_EVERY_MS)
  const ended = await new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('close', (code, signal) => resolve(code === 0 ? '' : `ended by ${signal ?? `code ${code}`}`))
  })
  clearInterval(report)
  if (ended !== '') throw new Error([`go build in ${folder}: ${ended}`, ...last].join('\n'))
}

/** A static program of this machine's kind, whatever the user's settings for other work are. */
function environment(): NodeJS.ProcessEnv {
  return { ...process.env, CGO_ENABLED: '0', GOWORK: 'off', GO111MODULE: 'on', GOOS: '', GOARCH: '' }
}

/** `go build -v` prints one line for each package that it compiles. */
function note(line: string, counts: { downloaded: number; compiled: number }, last: string[]): void {
  if (line.startsWith('go: downloading ')) counts.downloaded++
  else if (/^[\w./~-]+$/.test(line)) counts.compiled++
  else last.push(line)
  if (last.length > KEPT_LINES) last.shift()
}

function describe(title: string, counts: { downloaded: number; compiled: number }, elapsedMs: number): string {
  const seconds = Math.round(elapsedMs / 1000)
  const time = seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`
  const downloaded = counts.downloaded === 0 ? '' : `${counts.downloaded} modules fetched, `
  return `building ${title}: ${downloaded}${counts.compiled} packages compiled, ${time}`
}
