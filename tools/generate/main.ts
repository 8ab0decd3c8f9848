import { readArguments, runCommand, usageError, type Command } from '@chat-app/cli'
import { generated as fromSchema } from '@chat-app/crds/generate.ts'
import { environmentPages, platformPages, alertsPage } from '@chat-app/synth/pages'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { exceptionsPage } from '../check/manifests/page.ts'
import { withPicture } from '../lint/picture.ts'

const root = join(import.meta.dirname, '..', '..')
const ARCHITECTURE = 'ARCHITECTURE.md'

const command = {
  name: 'npm run generate',
  usage: ['[-- --check]'],
  about: [
    'Writes the files that are made from the code: the CRD and its reference, the diagrams, pages and tables of docs, and the picture in ARCHITECTURE.md.',
  ],
  options: { check: { help: 'only compare them, and name those that differ' } },
  exitCodes: { 0: 'they are written, or all as they should be', 1: 'an argument is wrong, or a file differs' },
  examples: { 'npm run generate': 'after a change of the schema, an alert or an environment' },
} as const satisfies Command

/** The contents of the generated files, by path in the repository. */
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

/** Paths below `folder` of the generated files that differ or are missing there. */
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

/** `npm run generate`. */
function main(args: readonly string[]): void {
  const { values, names } = readArguments(command, args)
  if (names.length > 0) throw usageError(command, `unexpected argument "${names[0]}"`)
  if (!values.check) return write()
  const files = stale()
  if (files.length > 0)
    throw new Error(`stale: ${files.join(', ')}. Run \`npm run generate\` and commit what it writes.`)
}

if (import.meta.main) await runCommand(command, main)
