import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
// oxlint-disable-next-line borders/imports -- no package is installed yet, so no name of one can be imported
import { withLock } from '../../sandbox/machine/src/system/lock.mjs'
import { onPath } from './on-path.mjs'
import { showProgress } from './progress.mjs'

/** Whether the installed packages belong to the current lock file and package.json files. */
export function isInstalled(root) {
  const recorded = readIfThere(hashFile(root))
  return recorded !== undefined && recorded === currentHash(root)
}

/**
 * Runs `npm ci` under a lock, unless another process has done it meanwhile.
 *
 * @throws Error with the output of npm and a remedy
 */
export async function installPackages(root) {
  const install = async () => {
    if (isInstalled(root)) return
    const hash = currentHash(root)
    if (!matchesHiddenLockfile(root)) await npmCi(root)
    mkdirSync(join(root, 'node_modules'), { recursive: true })
    writeFileSync(hashFile(root), hash)
  }
  const onWait = (pid) => console.error(`installing packages: waiting for process ${pid}, which does it already`)
  await withLock(join(root, '.sandbox', 'setup.lock'), install, { onWait })
}

function hashFile(root) {
  return join(root, 'node_modules', '.setup-hash')
}

function currentHash(root) {
  const { workspaces = [] } = readJson(join(root, 'package.json'))
  const files = ['package-lock.json', 'package.json', ...workspaces.map((name) => join(name, 'package.json'))]
  const hash = createHash('sha256')
  for (const file of files) hash.update(`${file}\n${readIfThere(join(root, file)) ?? ''}\n`)
  return hash.digest('hex')
}

/**
 * Whether `npm ci` has already installed these versions: npm leaves a copy of the lock file in node_modules. Optional
 * packages for other platforms may be missing there, but not Node for this platform.
 */
function matchesHiddenLockfile(root) {
  const copy = join(root, 'node_modules', '.package-lock.json')
  const wanted = readJson(join(root, 'package-lock.json')).packages ?? {}
  if (!existsSync(copy)) return false
  const installed = readJson(copy).packages ?? {}
  const nodePackage = `node_modules/node-${process.platform}-${process.arch}`
  return Object.entries(wanted).every(([path, { version, optional, link, peer }]) => {
    if (!path.includes('node_modules/')) return true
    // A new workspace has no link until npm runs.
    if (link === true) return existsSync(join(root, path))
    return ((optional === true || peer === true) && path !== nodePackage) || installed[path]?.version === version
  })
}

async function npmCi(root) {
  rmSync(hashFile(root), { force: true })
  const { command, script } = npm()
  const flags = ['ci', '--ignore-scripts', '--include=dev', '--include=optional', '--engine-strict=false']
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error']
  const done = showProgress('installing packages (npm ci)')
  const { code, output } = await collect(command, [...script, ...flags, ...quiet], root)
  done(code === 0)
  if (code !== 0) throw new Error(`${output}\nnpm ci failed (${code}): ${remedy(output)}`)
}

/** The npm that started this process, else the npm on PATH. */
function npm() {
  const running = process.env.npm_execpath
  if (running && basename(running) === 'npm-cli.js' && existsSync(running))
    return { command: process.execPath, script: [running] }
  const path = onPath('npm')
  if (path) return { command: path, script: [] }
  throw new Error(
    'npm is not on PATH, and the packages of this project are not installed. Node from https://nodejs.org includes npm;\n' +
      "Debian's Node needs the package `npm` too.",
  )
}

function collect(command, args, cwd) {
  return new Promise((resolve) => {
    let output = ''
    // Before the start, so that no signal can end this process without npm.
    const unbind = passSignals((signal) => child.kill(signal))
    const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
    child.stdout.on('data', (text) => (output += text))
    child.stderr.on('data', (text) => (output += text))
    const end = (result) => {
      unbind()
      resolve(result)
    }
    child.on('error', (error) => end({ code: error.code ?? 1, output: error.message }))
    child.on('close', (code, signal) => end({ code: code ?? signal, output }))
  })
}

/** Passes signals on, because an npm that outlives this process could write while the next command starts another. */
function passSignals(pass) {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
  for (const signal of signals) process.on(signal, pass)
  return () => signals.forEach((signal) => process.off(signal, pass))
}

const REMEDIES = [
  [
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH/,
    'the package registry cannot be reached; check the network, the proxy and `npm config get registry`',
  ],
  [
    /CERT|SELF_SIGNED/,
    "the registry's certificate is not trusted; set NODE_EXTRA_CA_CERTS to your organization's root",
  ],
  [/E401|E403/, 'the registry refuses access; check `npm config get registry` and its token in ~/.npmrc'],
  [/EACCES|EPERM/, 'npm may not write files; check who owns node_modules and ~/.npm (an earlier run with sudo?)'],
  [/ENOSPC/, 'the disk is full'],
  [
    /EUSAGE|in sync/,
    'package-lock.json does not match package.json; run `npm install` with Node 24 and commit the result',
  ],
  [
    /EINTEGRITY/,
    'a package does not match its hash in the lock file; run `npm cache verify`, and check whether the registry alters packages',
  ],
]

function remedy(output) {
  return REMEDIES.find(([pattern]) => pattern.test(output))?.[1] ?? 'see the output above'
}

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new Error(`${path}: ${error.message}`, { cause: error })
  }
}

function readIfThere(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (error.code === 'ENOENT') return undefined
    throw error
  }
}
