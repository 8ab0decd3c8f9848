import { execFileSync, spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { COMPILE_FLAGS } from '@chat-app/sandbox-machine'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { eventually, must } from '@chat-app/testing'

let checkout: string

/** A small checkout: the setup, one workspace, a lock file, and a script. */
beforeEach(() => {
  checkout = mkdtempSync(join(tmpdir(), 'setup-'))
  mkdirSync(join(checkout, 'part'))
  mkdirSync(join(checkout, 'bin'))
  cpSync(join(import.meta.dirname, 'setup.mjs'), join(checkout, 'tools', 'setup.mjs'))
  cpSync(join(import.meta.dirname, 'setup'), join(checkout, 'tools', 'setup'), { recursive: true })
  for (const shared of ['system/lock.mjs', 'programs/go-settings.mjs']) {
    const path = join('sandbox/machine/src', shared)
    cpSync(join(import.meta.dirname, '..', path), join(checkout, path))
  }
  writeJson('package.json', { workspaces: ['part'] })
  writeJson('part/package.json', { name: 'part' })
  writeJson('package-lock.json', { packages: { '': {}, 'node_modules/a': { version: '1.0.0' } } })
  writeScript('console.log("ran", ...process.argv.slice(2))')
  fakeNpm('mkdir -p node_modules/a')
})
afterEach(() => rmSync(checkout, { recursive: true }))

const write = (path: string, text: string): void => writeFileSync(join(checkout, path), text)
const writeJson = (path: string, value: unknown): void => write(path, JSON.stringify(value))
const writeScript = (text: string): void => write('script.ts', text)
/** Puts an `npm` on PATH that records its arguments and runs a shell script. */
const fakeNpm = (body: string): void => {
  write('bin/npm', `#!/bin/sh\necho "$@" >> "${checkout}/npm-calls"\n${body}\n`)
  chmodSync(join(checkout, 'bin', 'npm'), 0o755)
}
const npmCalls = (): string[] =>
  existsSync(join(checkout, 'npm-calls')) ? readFileSync(join(checkout, 'npm-calls'), 'utf8').trimEnd().split('\n') : []

const environment = (): NodeJS.ProcessEnv => ({ PATH: `${join(checkout, 'bin')}:/usr/bin:/bin`, HOME: checkout })
const command = (...args: string[]): [string, string[]] => [
  process.execPath,
  [join(checkout, 'tools', 'setup.mjs'), 'script.ts', ...args],
]
const run = (...args: string[]) => {
  const [program, argv] = command(...args)
  const { status, stdout, stderr } = spawnSync(program, argv, { cwd: checkout, env: environment(), encoding: 'utf8' })
  return { status, stdout, stderr }
}
/** Like `run`, without waiting for the end. */
const start = () => {
  const [program, argv] = command()
  const child = spawn(program, argv, { cwd: checkout, env: environment(), stdio: ['ignore', 'pipe', 'pipe'] })
  const output = { text: '' }
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output.text += String(data)))
  const closed = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal }))
  })
  return { child, closed, output }
}

describe('installing', () => {
  test('happens on the first run only', () => {
    expect(run('one', 'two').stdout).toBe('ran one two\n')
    expect(run('three').stdout).toBe('ran three\n')
    expect(npmCalls()).toEqual([expect.stringMatching(/^ci --ignore-scripts .*--include=dev/)])
  })

  test.each([
    ['the lock file', 'package-lock.json', { packages: { 'node_modules/a': { version: '2.0.0' } } }],
    ['the package.json of a workspace', 'part/package.json', { name: 'part', version: '2.0.0' }],
  ])('happens again when %s changes', (_, path, content) => {
    run()
    writeJson(path, content)
    run()
    expect(npmCalls()).toHaveLength(2)
  })

  test('does not happen after `npm ci`', () => {
    mkdirSync(join(checkout, 'node_modules'))
    writeJson('node_modules/.package-lock.json', { packages: { 'node_modules/a': { version: '1.0.0' } } })
    expect(run().stdout).toBe('ran\n')
    expect(npmCalls()).toEqual([])
  })

  test('happens when a package has another version', () => {
    mkdirSync(join(checkout, 'node_modules'))
    writeJson('node_modules/.package-lock.json', { packages: { 'node_modules/a': { version: '0.9.0' } } })
    run()
    expect(npmCalls()).toHaveLength(1)
  })

  test('without a terminal prints two plain lines on standard error, and nothing of npm', () => {
    fakeNpm('mkdir -p node_modules; echo "npm warn allow-scripts 3 packages" >&2; echo added 400 packages')
    expect(run()).toEqual({
      status: 0,
      stdout: 'ran\n',
      stderr: expect.stringMatching(/^installing packages \(npm ci\)\ninstalling packages \(npm ci\): done, \d+ s\n$/),
    })
  })

  test('happens when a workspace has no link yet', () => {
    const workspace = { packages: { '': {}, part: {}, 'node_modules/part': { resolved: 'part', link: true } } }
    writeJson('package-lock.json', workspace)
    mkdirSync(join(checkout, 'node_modules'))
    writeJson('node_modules/.package-lock.json', workspace)
    run()
    expect(npmCalls()).toHaveLength(1)
  })

  test('happens again when the lock file changed meanwhile', () => {
    fakeNpm(`mkdir -p node_modules; echo '{"packages":{"x":{}}}' > package-lock.json`)
    run()
    run()
    expect(npmCalls()).toHaveLength(2)
  })
})

describe('Kubernetes', () => {
  const demo = () => {
    const [program, argv] = [process.execPath, [join(checkout, 'tools', 'setup.mjs'), 'sandbox/demo/src/main.ts']]
    return spawnSync(program, argv, { cwd: checkout, env: environment(), encoding: 'utf8' })
  }
  beforeEach(() => {
    mkdirSync(join(checkout, 'sandbox/machine/go/kubernetes'), { recursive: true })
    mkdirSync(join(checkout, 'sandbox/demo/src'), { recursive: true })
    write('sandbox/demo/src/main.ts', 'console.log("demo")')
    const record = `echo "$PWD $@" > "${checkout}/go-call"; trap 'echo > "${checkout}/go-ended"; exit 1' INT`
    write('bin/go', `#!/bin/sh\n${record}\nwhile :; do sleep 0.05; done\n`)
    chmodSync(join(checkout, 'bin', 'go'), 0o755)
    fakeNpm(`mkdir -p node_modules/a; while [ ! -e "${checkout}/go-call" ]; do sleep 0.05; done`)
  })

  test('is compiled only while npm installs, with the flags of the build', async () => {
    expect(demo().stdout).toBe('demo\n')
    const call = readFileSync(join(checkout, 'go-call'), 'utf8').trim()
    expect(call).toBe(
      `${join(checkout, 'sandbox/machine/go/kubernetes')} build ${COMPILE_FLAGS.join(' ')} -o /dev/null .`,
    )
    await eventually(() => expect(existsSync(join(checkout, 'go-ended'))).toBe(true))
  })

  test('is not compiled when it was built before', () => {
    mkdirSync(join(checkout, '.cache/chat-app-sandbox/kubernetes/0123'), { recursive: true })
    fakeNpm('mkdir -p node_modules/a')
    expect(demo().stdout).toBe('demo\n')
    expect(existsSync(join(checkout, 'go-call'))).toBe(false)
  })
})

describe('a failed installation', () => {
  test.each([
    ['npm error code ENOTFOUND', 'the package registry cannot be reached'],
    ['npm error code EUSAGE', 'run `npm install` with Node 24'],
    ['npm error code EACCES', 'who owns node_modules'],
    ['npm error something new', 'see the output above'],
  ])('with "%s" is explained', (said, fix) => {
    fakeNpm(`echo "${said}" >&2; exit 1`)
    const { status, stdout, stderr } = run()
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(stderr).toContain(said)
    expect(stderr).toContain(fix)
  })

  test('is repeated by the next command', () => {
    fakeNpm('exit 1')
    run()
    fakeNpm('mkdir -p node_modules')
    expect(run().status).toBe(0)
  })

  test('without npm says how to get it', () => {
    rmSync(join(checkout, 'bin', 'npm'))
    const [program, argv] = command()
    const { status, stderr } = spawnSync(program, argv, { env: { PATH: join(checkout, 'bin') }, encoding: 'utf8' })
    expect(status).toBe(1)
    expect(stderr).toContain('npm is not on PATH')
  })
})

describe('two commands at once', () => {
  test('install once, and both run', async () => {
    fakeNpm(`until [ -e "${checkout}/go-on" ]; do sleep 0.1; done; mkdir -p node_modules`)
    const [one, other] = [start(), start()]
    await eventually(() => expect(one.output.text + other.output.text).toMatch(/waiting for process/))
    write('go-on', '')
    expect(await Promise.all([one.closed, other.closed])).toEqual([
      { code: 0, signal: null },
      { code: 0, signal: null },
    ])
    expect(npmCalls()).toHaveLength(1)
    expect(one.output.text + other.output.text).toMatch(/waiting for process \d+, which does it already/)
    expect(readdirSync(join(checkout, '.sandbox'))).toEqual([])
  })

  test('take over the lock of a process that no longer runs', () => {
    mkdirSync(join(checkout, '.sandbox'))
    const gone = execFileSync('/bin/sh', ['-c', 'echo $$'], { encoding: 'utf8' }).trim()
    write('.sandbox/setup.lock', gone)
    expect(run().status).toBe(0)
    expect(readdirSync(join(checkout, '.sandbox'))).toEqual([])
  })

  test('a signal ends npm too, and the next command installs', async () => {
    fakeNpm(`echo $$ > "${checkout}/npm-pid"; exec sleep 60`)
    const { child, closed } = start()
    await eventually(() => expect(existsSync(join(checkout, 'npm-pid'))).toBe(true))
    await eventually(() => expect(readFileSync(join(checkout, 'npm-pid'), 'utf8')).toMatch(/\d/))
    child.kill('SIGTERM')
    expect((await closed).code).toBe(1)
    const pid = Number(readFileSync(join(checkout, 'npm-pid'), 'utf8'))
    await eventually(() => expect(() => process.kill(pid, 0)).toThrow('ESRCH'))
    fakeNpm('mkdir -p node_modules')
    expect(run().status).toBe(0)
  })
})

describe('the script', () => {
  test('runs with Node 24 or newer, which is first on the PATH of its child processes', () => {
    writeScript(`import { execFileSync } from 'node:child_process'
      console.log(process.version, String(execFileSync('node', ['--version'])))`)
    const [own, child] = run().stdout.trim().split(/\s+/)
    expect(own).toMatch(/^v(2[4-9]|[3-9]\d)\./)
    expect(child).toBe(own)
  })

  test('determines the exit code', () => {
    writeScript('process.exit(7)')
    expect(run().status).toBe(7)
  })

  test.each(['SIGTERM', 'SIGINT'] as const)('receives %s, and decides how it exits', async (signal) => {
    writeScript(`process.on('${signal}', () => { console.log('cleaned up'); process.exit(3) })
      console.log('ready'); setInterval(() => {}, 1000)`)
    const { child, closed, output } = start()
    await eventually(() => expect(output.text).toContain('ready'))
    child.kill(signal)
    expect(await closed).toEqual({ code: 3, signal: null })
    expect(output.text).toContain('cleaned up')
  })

  test('that a signal kills makes the command end with the same signal', async () => {
    writeScript(`console.log('ready'); setInterval(() => {}, 1000)`)
    const { child, closed, output } = start()
    await eventually(() => expect(output.text).toContain('ready'))
    child.kill('SIGTERM')
    expect((await closed).signal).toBe('SIGTERM')
  })

  test('of synth is compiled once, and runs when the cache cannot be written', () => {
    const setup = join(checkout, 'tools', 'setup.mjs')
    const synth = () => spawnSync(process.execPath, [setup, 'synth/src/main.ts'], { env: environment() })
    mkdirSync(join(checkout, 'synth/src'), { recursive: true })
    write('synth/src/main.ts', 'console.log("synthesized" satisfies string)')
    run()
    const cache = join(checkout, 'node_modules/.cache')
    write('node_modules/.cache', 'not a folder')
    expect(String(synth().stdout)).toBe('synthesized\n')
    rmSync(cache)
    expect(String(synth().stdout)).toBe('synthesized\n')
    expect(readdirSync(join(cache, 'node'))).toHaveLength(1)
    write('synth/src/main.ts', 'console.log("changed" satisfies string)')
    expect(String(synth().stdout)).toBe('changed\n')
  })

  test('must be named', () => {
    const setup = join(checkout, 'tools', 'setup.mjs')
    const { status, stderr } = spawnSync(process.execPath, [setup], { encoding: 'utf8' })
    expect({ status, stderr }).toEqual({ status: 1, stderr: 'usage: node tools/setup.mjs SCRIPT [ARGUMENT...]\n' })
  })
})

/** Runs code in a process whose Node reports another version. */
const asNode = (version: string, code: string) => {
  const script = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } })
    process.argv[2] = 'script.ts'
    ${code}`
  return spawnSync(process.execPath, ['--input-type=module', '-e', script, '-', '-'], {
    cwd: checkout,
    env: environment(),
    encoding: 'utf8',
  })
}
const setupUrl = (file: string): string => JSON.stringify(new URL(`file://${join(checkout, 'tools', file)}`).href)

describe('an older Node', () => {
  test('than 20 is refused, with a remedy', () => {
    const { status, stderr } = asNode('18.20.0', `await import(${setupUrl('setup.mjs')})`)
    expect(status).toBe(1)
    expect(stderr).toMatch(/Node 18\.20\.0 .* is too old[\s\S]*nodejs\.org/)
  })

  test('than 24 is replaced by the Node of the npm package', () => {
    const folder = join(checkout, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin')
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'node'), '')
    chmodSync(join(folder, 'node'), 0o755)
    const find = `const { findNode24 } = await import(${setupUrl('setup/node24.mjs')}); console.log(findNode24('${checkout}'))`
    expect(asNode('20.20.2', find).stdout.trim()).toBe(join(folder, 'node'))
    expect(asNode('24.0.0', find).stdout.trim()).toBe(process.execPath)
  })

  test('than 24 without the npm package is refused, with a remedy', () => {
    const { stderr } = asNode('20.20.2', `await import(${setupUrl('setup.mjs')})`)
    expect(must(stderr)).toMatch(/Node 24 is needed, this is 20\.20\.2[\s\S]*nvm install 24/)
  })
})
