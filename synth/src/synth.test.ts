import { helpText } from '@chat-app/cli'
import { environments, local, prod } from '@chat-app/environments'
import { execFileSync } from 'node:child_process'
import { globSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { declaredFacts, desired, model } from '@chat-app/chat'
import { applied, chatApp, clustersOf, activeCluster } from '@chat-app/platform'
import { chosenCluster, chosenEnvironments } from './choose.ts'
import { run } from './cli.ts'
import { command, optionsOf } from './options.ts'
import { replaceFolders } from './replace-folders.ts'
import { synth } from './write.ts'

const clusters = environments.flatMap(clustersOf)
const root = resolve(import.meta.dirname, '..', '..')
const folder = mkdtempSync(join(tmpdir(), 'synth-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('npm run synth', () => {
  const out = join(folder, 'dist')
  const lines = synth(environments, out)

  test('returns one line for each cluster', () => {
    const counts = /^(.*): \d+ files with \d+ objects, and \d+ in preview$/
    expect(lines.map((line) => counts.exec(line)?.[1])).toEqual(clusters.map((cluster) => join(out, cluster.folder)))
  })

  test.each(clusters.map((cluster) => [cluster.folder, cluster] as const))(
    'names the files of %s so that they sort in the order in which they are applied',
    (name, cluster) => {
      const files = globSync('*.yaml', { cwd: join(out, name) }).sort()
      const objects = files.flatMap((file) => documents(join(out, name, file)))
      expect(objects).toEqual(applied(cluster))
      expect(files.at(0)).toBe('00-namespaces.yaml')
      expect(files.at(-1)).toBe('90-chatapp.yaml')
    },
  )

  test('writes the same bytes every time, and the same as cdk8s', () => {
    synth(environments, join(folder, 'again'))
    const cdk8s = ['node_modules/.bin/cdk8s', 'synth', '--check-upgrade=false', '--output', join(folder, 'cdk8s')]
    // cdk8s.yaml starts `node`: this one.
    const PATH = `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`
    execFileSync(process.execPath, cdk8s, { cwd: root, env: { ...process.env, PATH }, stdio: 'pipe' })
    expect(contents(join(folder, 'again'))).toEqual(contents(out))
    expect(contents(join(folder, 'cdk8s'))).toEqual(contents(out))
  })

  test.each(clusters.map((cluster) => [cluster.folder, cluster] as const))(
    'previews for %s exactly the objects that the operator will apply',
    (name, cluster) => {
      const objects = documents(join(out, name, 'preview/chat-app.yaml'))
      expect(objects).toEqual(desired(model(chatApp(cluster)), declaredFacts))
    },
  )

  test('writes no child of a ChatApp among the applied objects', () => {
    for (const { folder } of clusters) {
      const applied = globSync('*.yaml', { cwd: join(out, folder) }).map((file) =>
        readFileSync(join(out, folder, file), 'utf8'),
      )
      expect(applied.join('\n')).not.toContain('app.kubernetes.io/managed-by: chat-app-operator')
    }
  })

  test('leaves the former files when something cannot be rendered', () => {
    const before = contents(out)
    const broken = { ...local, chatApp: { ...local.chatApp, spec: { version: 'not a tag' } } }
    expect(() => synth([...environments.slice(1), broken], out)).toThrow('must be a release such as 1.4.2')
    expect(contents(out)).toEqual(before)
    expect(globSync('.*', { cwd: out })).toEqual([])
  })

  test('replaces the folder of an environment as a whole, with its removed clusters', () => {
    mkdirSync(join(out, 'prod/moon'))
    writeFileSync(join(out, 'prod/moon/30-old.yaml'), 'old')
    synth([prod], out)
    expect(readdirSync(join(out, 'prod')).sort()).toEqual(['eu-central', 'us-east'])
  })

  test('restores every folder when one of them cannot be replaced', () => {
    const before = contents(out)
    expect(() =>
      replaceFolders(out, {
        names: ['local', 'dev', 'gone'],
        isOurs: () => true,
        make: (made) => mkdirSync(join(made, 'local')),
      }),
    ).toThrow('ENOENT')
    expect(contents(out)).toEqual(before)
  })
})

describe('its options', () => {
  const names = environments.map(({ name }) => name).join(', ')

  test('choose environments and the folder', () => {
    const { env, out } = optionsOf(['--env', 'prod', '--env', 'local', '--out', 'x'])
    expect(chosenEnvironments(env).map(({ name }) => name)).toEqual(['local', 'prod'])
    expect(out).toBe('x')
    expect(chosenEnvironments(optionsOf([]).env)).toEqual(environments)
  })

  test('name a cluster by its folder, or by its environment: then it is the one that takes the writes', () => {
    expect(chosenCluster('prod/us-east').folder).toBe('prod/us-east')
    expect(chosenCluster('prod').folder).toBe('prod/eu-central')
    expect(chosenCluster('dev').folder).toBe('dev')
  })

  test('are in the help, and the environments with them', () => {
    const help = helpText(command)
    for (const name of ['--env NAME', '--out DIR', '--diff A B', '--diff-from DIR', '--format FORMAT'])
      expect(help).toContain(`\n  ${name} `)
    for (const { name } of environments) expect(help).toContain(name)
  })

  test.each([
    [['--env', 'stagin'], `unknown environment "stagin": did you mean staging? (there are ${names})`],
    [['--env', 'elsewhere'], `unknown environment "elsewhere"; there are ${names}`],
    [['--diff', 'dev', 'prod/eu-centrl'], 'did you mean prod/eu-central?'],
    [['--environment', 'prod'], /--environment: unknown option; did you mean --env\?\nusage: npm run synth \[-- /],
    [['prod'], /unexpected argument "prod"[^]*usage/],
    [['--diff', 'dev'], /--diff takes two environments[^]*usage/],
    [['--diff', 'dev', 'test', 'prod'], '--diff takes two environments'],
    [['--diff', 'dev', 'test', '--env', 'dev'], 'no --env'],
    [['--diff', 'dev', 'test', '--diff-from', 'x'], 'leave one out'],
    [['--diff', 'dev', 'test', '--out', 'x'], '--diff-from, which write nothing'],
    [['--diff', 'dev', 'test', '--format', 'pdf'], '--format: unknown format "pdf"; there are text, markdown'],
    [['--format', 'text'], '--format: only with --diff or --diff-from'],
  ])('%j are refused with what is valid', (args, message) => {
    expect(() => run(args)).toThrow(message)
  })
})

test('the example is the ChatApp of the local environment', () => {
  const example = parse(readFileSync(join(root, 'examples/chatapp.yaml'), 'utf8')) as unknown
  expect(example).toEqual(chatApp(activeCluster(local)))
})

/** The objects of a file. */
function documents(file: string): unknown[] {
  return parseAllDocuments(readFileSync(file, 'utf8')).map((document) => document.toJS() as unknown)
}

/** Every file below a folder with its content. */
function contents(below: string): Record<string, string> {
  const files = globSync('**/*.yaml', { cwd: below }).sort()
  return Object.fromEntries(files.map((file) => [file, readFileSync(join(below, file), 'utf8')]))
}
