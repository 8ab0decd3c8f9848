import { execFileSync } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { environments, test as testing } from '@chat-app/environments'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse } from 'yaml'
import { linkPackages } from './support/linked-packages.ts'
import { copySources } from './support/pipeline.ts'

// Each environment with one like it, in a copy of the checkout.

const CHECKOUT = join(import.meta.dirname, '..')
const copy = mkdtempSync(join(tmpdir(), 'chat-app-environments-'))
/** A boolean in YAML 1.1, which GitLab reads. */
const BOOLEAN = 'on'
const added = [...environments.map((like) => ({ name: `new-${like.name}`, like })), { name: BOOLEAN, like: testing }]
const read = (path: string) => readFileSync(join(copy, path), 'utf8')
const run = (script: string, ...args: string[]): string =>
  execFileSync(process.execPath, [join(copy, script), ...args], { cwd: copy, encoding: 'utf8', stdio: 'pipe' })

beforeAll(() => {
  copySources(copy)
  linkPackages(CHECKOUT, copy)
  for (const { name, like } of added) run('synth/src/environments/main.ts', 'add', name, '--like', like.name)
  run('synth/src/main.ts', ...added.flatMap(({ name }) => ['--env', name]))
  run('tools/generate/main.ts')
})
afterAll(() => rmSync(copy, { recursive: true }))

test.each(added)('$name is synthesized, and shares no host and no bucket', ({ name, like: { chatApp, storage } }) => {
  const written = globSync(`dist/${name}/**/*.yaml`, { cwd: copy }).map(read).join('')
  expect(written).toContain('kind: ChatApp')
  const own = [...Object.values(chatApp.spec.exposure?.hosts ?? {}), ...(storage ? [storage.buckets.files] : [])]
  for (const value of own) expect(written).not.toContain(value)
})

test.each(added)('$name has a page, a column, and the job of its pipeline', ({ name, like: { pipeline } }) => {
  const jobs = parse(read('.gitlab-ci.yml')) as Record<string, unknown> & { stages: string[] }
  expect(Object.hasOwn(jobs, `deploy-${name}`)).toBe(pipeline !== undefined)
  expect(jobs.stages.includes(`deploy-${name}`)).toBe(pipeline !== undefined)
  expect(read('docs/reference/environments/README.md')).toContain(` | ${name} |`)
  expect(read(`docs/reference/environments/${name}.md`)).toContain(`# The environment ${name}`)
})

test('a name that is a boolean without quotes is a string in the pipeline', () => {
  const jobs = parse(read('.gitlab-ci.yml'), { version: '1.1' }) as Record<string, unknown>
  expect(jobs[`deploy-${BOOLEAN}`]).toMatchObject({
    variables: { CHAT_APP_ENVIRONMENT: BOOLEAN },
    resource_group: BOOLEAN,
    environment: { name: BOOLEAN },
  })
})

test('the written files have the format of the others', () => {
  const oxfmt = join(CHECKOUT, 'node_modules', '.bin', 'oxfmt')
  const files = [...added.map(({ name }) => name), 'index'].map((name) => join(copy, 'environments', `${name}.ts`))
  const args = ['--config', join(CHECKOUT, '.oxfmtrc.json'), '--check', ...files]
  expect(() => execFileSync(oxfmt, args, { cwd: copy, stdio: 'pipe' })).not.toThrow()
})
