import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
// oxlint-disable-next-line borders/imports -- no package is installed yet, so no name of one can be imported
import { withLock } from '../../sandbox/machine/src/system/lock.mjs'
import { onPath } from './on-path.mjs'
import { showProgress } from './progress.mjs'

/** Whether what is installed belongs to the lock file and the package.json files as they are now. */
export function isInstalled(root) {
  const recorded = readIfThere(hashFile(root))
  return recorded !== undefined && recorded === currentHash(root)
}

/** `npm ci` under a lock, unless it was done meanwhile; throws an Error with npm's output and what helps. */
export async function installPackages(root) {
  const install = async () => {
    if (isInstalled(root)) return
    const hash = currentHash(root)
    if (!matchesHiddenLockfile(root)) await npmCi(root)
    mkdirSync(join(root, 'node_modules'), { recursive: true })
    writeFileSync(hashFile(root), hash)
  }
  const onWait = (pid) => console.error(`installing packages: process ${pid} does it already, waiting for it`)
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
 * Whether npm installed exactly these versions already (somebody ran `npm ci`): it leaves a copy of the lock file beside
 * the packages. Optional packages for other machines are rightly missing there; our Node is not.
 */
function matchesHiddenLockfile(root) {
  const copy = join(root, 'node_modules', '.package-lock.json')
  const wanted = readJson(join(root, 'package-lock.json')).packages ?? {}
  if (!existsSync(copy)) return false
  const installed = readJson(copy).packages ?? {}
  const ourNode = `node_modules/node-${process.platform}-${process.arch}`
  return Object.entries(wanted).every(([path, { version, optional, link, peer }]) => {
    if (!path.includes('node_modules/')) return true
    // A workspace that came with a pull has no link yet.
    if (link === true) return existsSync(join(root, path))
    return ((optional === true || peer === true) && path !== ourNode) || installed[path]?.version === version
  })
}

async function npmCi(root) {
  rmSync(hashFile(root), { force: true })
  const [command, args] = npm()
  const flags = ['ci', '--ignore-scripts', '--include=dev', '--include=optional', '--engine-strict=false']
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error']
  const done = showProgress('installing packages (npm ci)')
  const { code, output } = await collect(command, [...args, ...flags, ...quiet], root)
  done(code === 0)
  if (code !== 0) throw new Error(`${output}\nnpm ci failed (${code}): ${remedy(output)}`)
}

/** The npm that runs us, else the one on PATH. */
function npm() {
  const running = process.env.npm_execpath
  if (running && basename(running) === 'npm-cli.js' && existsSync(running)) return [process.execPath, [running]]
  const path = onPath('npm')
  if (path) return [path, []]
  throw new Error(
    'npm is not on PATH, and the packages of this project are not installed. Node from https://nodejs.org brings npm;\n' +
      "Debian's Node needs the package `npm` beside it.",
  )
}

function collect(command, args, cwd) {
  return new Promise((resolve) => {
    let output = ''
    // Before it starts: a signal in between would end us alone.
    const unbind = endTogether((signal) => child.kill(signal))
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

/** An npm that outlived us would still write when the next command starts one. */
function endTogether(pass) {
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
  [/EACCES|EPERM/, 'files are not yours to change; check who owns node_modules and ~/.npm (a run with sudo before?)'],
  [/ENOSPC/, 'the disk is full'],
  [
    /EUSAGE|in sync/,
    'package-lock.json does not fit package.json; run `npm install` with Node 24 and commit the result',
  ],
  [
    /EINTEGRITY/,
    'a package is not what the lock file recorded; run `npm cache verify` and ask whether the registry alters packages',
  ],
]

function remedy(output) {
  return REMEDIES.find(([pattern]) => pattern.test(output))?.[1] ?? 'see its output above'
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
