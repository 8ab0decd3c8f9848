import { readArguments, runCommand, usageError, type Command } from '@chat-app/cli'
import { generated as fromSchema } from '@chat-app/crds/generate.ts'
import { operationDocuments } from '@chat-app/services/documents'
import { environments } from '@chat-app/environments'
import { environmentPages, platformPages, alertsPage } from '@chat-app/synth/pages'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { lifetimesTable } from '../check/lifetimes/lifetimes.ts'
import { exceptionsPage } from '../check/manifests/page.ts'
import { between } from './between.ts'
import { withDeployJobs } from './deploy-jobs.ts'
import { withPicture } from '../lint/picture.ts'

const CHECKOUT = join(import.meta.dirname, '..', '..')
const ARCHITECTURE = 'ARCHITECTURE.md'
const PIPELINE = '.gitlab-ci.yml'
const SUPPORT = 'docs/support.md'

const command = {
  name: 'npm run generate',
  usage: ['[-- --check]'],
  about: [
    'Writes the files that are generated from the code: the CRD and its reference, the documents of the API, the diagrams, pages and tables in docs, the jobs that deploy in .gitlab-ci.yml, and the picture in ARCHITECTURE.md.',
  ],
  options: { check: { help: 'write nothing, and fail when a file would change' } },
  exitCodes: { 0: 'the files are written, or up to date', 1: 'an argument is wrong, or a file is stale' },
  examples: { 'npm run generate': 'after a change of the schema, an alert or an environment' },
} as const satisfies Command

/** The contents of the generated files, by path relative to the checkout. */
export function generated(): Record<string, string> {
  return {
    ...fromSchema(),
    ...environmentPages(),
    ...platformPages(),
    ...operationDocuments(),
    [PIPELINE]: withDeployJobs(readFileSync(join(CHECKOUT, PIPELINE), 'utf8'), environments),
    [ARCHITECTURE]: withPicture(readFileSync(join(CHECKOUT, ARCHITECTURE), 'utf8')),
    [SUPPORT]: withLifetimes(readFileSync(join(CHECKOUT, SUPPORT), 'utf8')),
    'docs/reference/alerts.md': alertsPage(),
    'docs/reference/manifest-checks.md': exceptionsPage(),
  }
}

function withLifetimes(page: string): string {
  const begin = '<!-- The ends of support, from tools/check/lifetimes/parts.ts by `npm run generate`. -->\n'
  return between(page, begin, '<!-- End of the table. -->\n', `\n${lifetimesTable(environments)}\n`)
}

/**
 * The generated files that are missing or different in a folder.
 *
 * @param folder a checkout, or a copy of one
 * @returns paths relative to it
 */
export function stale(folder = CHECKOUT): string[] {
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

function write(folder = CHECKOUT): void {
  for (const [path, content] of Object.entries(generated())) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), content)
    console.log(`wrote ${relative(process.cwd(), join(folder, path))}`)
  }
}

function main(args: readonly string[]): void {
  const { values, names } = readArguments(command, args)
  if (names.length > 0) throw usageError(command, `unexpected argument "${names[0]}"`)
  if (!values.check) return write()
  const files = stale()
  if (files.length > 0) throw new Error(`stale: ${files.join(', ')}. Run \`npm run generate\` and commit the result.`)
}

if (import.meta.main) await runCommand(command, main)
