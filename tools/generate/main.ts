import { generated as fromSchema } from '@chat-app/crds/generate.ts'
import { environmentPages, platformPages, alertsPage } from '@chat-app/synth/pages'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { exceptionsPage } from '../check/manifests/page.ts'
import { withPicture } from '../lint/picture.ts'

const root = join(import.meta.dirname, '..', '..')
const ARCHITECTURE = 'ARCHITECTURE.md'

/** The files that are generated, by their path in the repository. */
export function generated(): Record<string, string> {
  return {
    ...fromSchema(),
    ...environmentPages(),
    ...platformPages(),
    [ARCHITECTURE]: withPicture(readFileSync(join(root, ARCHITECTURE), 'utf8')),
    'docs/reference/alerts.md': alertsPage(),
    'docs/reference/manifest-checks.md': exceptionsPage(),
  }
}

/** The generated files that differ from what is in `folder`, as paths below it. */
export function stale(folder = root): string[] {
  return Object.entries(generated())
    .filter(([path, content]) => readIfThere(join(folder, path)) !== content)
    .map(([path]) => path)
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

function write(folder = root): void {
  for (const [path, content] of Object.entries(generated())) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), content)
    console.log(`wrote ${relative(process.cwd(), join(folder, path))}`)
  }
}

/** `npm run generate` writes them; with `--check` it only compares. */
function main(args: string[]): void {
  const unknown = args.find((arg) => arg !== '--check')
  if (unknown !== undefined) return fail(`unknown option ${unknown}; the only one is --check`)
  if (args.length === 0) return write()
  const files = stale()
  if (files.length > 0) fail(`stale: ${files.join(', ')}. Run \`npm run generate\` and commit what it writes.`)
}

function fail(message: string): void {
  console.error(`generate: ${message}`)
  process.exitCode = 1
}

if (import.meta.main) main(process.argv.slice(2))
