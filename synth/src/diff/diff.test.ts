import { local, prod } from '@chat-app/environments'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { run } from '../cli.ts'
import { clusters } from '../clusters.ts'
import { synth } from '../write.ts'
import { asMarkdown } from './markdown.ts'

const folder = mkdtempSync(join(tmpdir(), 'synth-diff-'))
afterAll(() => rmSync(folder, { recursive: true }))

const written = join(folder, 'written')
run(['--out', written])

/** The present manifests, with one text replaced in one file of a cluster. */
function earlier(cluster: string, file: string, from: string, to: string): string {
  const dir = mkdtempSync(join(folder, 'earlier-'))
  cpSync(written, dir, { recursive: true })
  const path = join(dir, cluster, file)
  const text = readFileSync(path, 'utf8')
  expect(text).toContain(from)
  writeFileSync(path, text.replaceAll(from, to))
  return dir
}

describe('--diff-from', () => {
  test('says that nothing changes', () => {
    expect(run(['--diff-from', written])).toBe('Nothing changes.')
    expect(run(['--diff-from', written, '--format', 'markdown'])).toContain('Nothing changes.')
  })

  test('lists object, field, old and new value, and whether pods restart', () => {
    const dir = earlier('local', '30-database.yaml', local.database.image, 'mariadb:10.6')
    const image = `"mariadb:10.6" -> "${local.database.image}"  (pods restart)`
    const text = run(['--diff-from', dir])
    expect(text).toMatch(/^local\n {2}~ StatefulSet chat-app-db\/mariadb\n/)
    expect(text).toContain(image)
    expect(text).toContain('Pods restart:\n  local: StatefulSet chat-app-db/mariadb')
  })

  test('with --format markdown is a table for a comment of a merge request', () => {
    const dir = earlier('local', '30-database.yaml', local.database.image, 'mariadb:10.6')
    const comment = run(['--diff-from', dir, '--format', 'markdown'])
    expect(comment).toContain('### local')
    expect(comment).toContain('**Pods restart:** `StatefulSet chat-app-db/mariadb`')
    expect(comment).toMatch(
      /^\| `StatefulSet chat-app-db\/mariadb` \| `spec\S+` \| `"mariadb:10\.6"` \| .* \| pods restart \|$/m,
    )
  })

  test('lists equal changes of several clusters once', () => {
    const [one, other] = prod.regions?.clusters.map(({ name }) => `prod/${name}`) ?? []
    const dir = earlier(`${one}`, '00-namespaces.yaml', 'name: chat-app-db', 'name: chat-app-data')
    cpSync(join(dir, `${one}/00-namespaces.yaml`), join(dir, `${other}/00-namespaces.yaml`))
    expect(run(['--diff-from', dir])).toMatch(new RegExp(`^${one}, ${other}\\n[^]*\\+ Namespace chat-app-db`))
  })

  test('says that an environment is new, or no longer written', () => {
    const dir = join(folder, 'others')
    synth([local], dir)
    mkdirSync(join(dir, 'moon'))
    cpSync(join(dir, 'local'), join(dir, 'moon/base'), { recursive: true })
    const text = run(['--diff-from', dir])
    expect(text).toMatch(/^(.+, )?dev(, .+)?: new, \d+ objects$/m)
    expect(text).toMatch(/^moon\/base: no longer written; its \d+ objects stay where they are$/m)
    expect(run(['--diff-from', dir, '--env', 'local'])).toBe('Nothing changes.')
  })

  test('ignores files beside the manifests, such as a release', () => {
    const dir = join(folder, 'beside')
    cpSync(written, dir, { recursive: true })
    mkdirSync(join(dir, 'release/1.2.3'), { recursive: true })
    cpSync(join(dir, 'local/20-operator.yaml'), join(dir, 'release/1.2.3/install.yaml'))
    expect(run(['--diff-from', dir])).toBe('Nothing changes.')
  })

  test('refuses a folder that does not exist or has no manifests', () => {
    expect(() => run(['--diff-from', join(folder, 'nowhere')])).toThrow('the folder does not exist')
    for (const chosen of [[], ['--env', 'dev']])
      expect(() => run(['--diff-from', join(written, 'dev'), ...chosen])).toThrow(
        `has no folder of a cluster, such as ${clusters.map((cluster) => cluster.folder).join(', ')}; `,
      )
    const dir = earlier('local', '30-database.yaml', 'kind: StatefulSet', 'kind: [')
    expect(() => run(['--diff-from', dir])).toThrow(join(dir, 'local/30-database.yaml'))
  })
})

describe('--diff', () => {
  test('lists how two environments differ', () => {
    const text = run(['--diff', 'staging', 'prod'])
    expect(text).toMatch(/^staging -> prod\/eu-central\n/)
    expect(text).toContain('"api.staging.chat-app.com" -> "api.chat-app.com"')
    expect(text).toMatch(/ {2}and then, by the operator:\n/)
  })

  test('says that nothing changes between an environment and itself', () => {
    expect(run(['--diff', 'dev', 'dev'])).toBe('Nothing changes.')
  })

  test('refuses an unknown name, with the valid ones', () => {
    expect(() => run(['--diff', 'dev', 'prod/moon'])).toThrow(
      /unknown environment or cluster "prod\/moon": did you mean prod\? \(there are local, .*prod, prod\/eu-central, prod\/us-east/,
    )
  })
})

test('a value with | or backquotes stays in the cell of its table', () => {
  const fields = [{ field: 'a', old: 'x | y', new: 'a `b` c', effect: undefined }]
  const changes = [{ change: 'changed', object: 'Job a', isPreview: false, fields, effect: '' } as const]
  expect(asMarkdown([{ title: 'dev', changes }])).toContain('| `"x \\| y"` | `` "a `b` c" `` |')
})
