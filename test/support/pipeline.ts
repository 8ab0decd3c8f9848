import { execFileSync, spawn } from 'node:child_process'
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, delimiter, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { debianRoot, inRoot } from '@chat-app/sandbox-machine'
import { linkPackages } from './linked-packages.ts'

const CHECKOUT = join(import.meta.dirname, '..', '..')
const require = createRequire(import.meta.url)
const GITLAB_CI_LOCAL = require.resolve('gitlab-ci-local')
const ORIGIN = 'git@gitlab.example.com:chat-app/platform.git'
const NOT_SOURCES = new Set([
  '.git',
  '.npm',
  '.cache',
  '.sandbox',
  '.gitlab-ci-local',
  'coverage',
  'dist',
  'node_modules',
])

/** The ref of a pipeline. */
export type Ref = { readonly branch: string } | { readonly tag: string } | { readonly mergeRequest: number }

/** Exit code and output of `gitlab-ci-local`. */
export interface PipelineRun {
  readonly code: number | null
  readonly output: string
}

/** A copy of this checkout, including uncommitted changes, whose pipeline `gitlab-ci-local` lists and runs without GitLab. */
export class Pipeline {
  readonly folder = mkdtempSync(join(tmpdir(), 'chat-app-pipeline-'))
  #runs = 0
  /** Folder with the programs of the jobs, for PATH. */
  readonly bin = `${this.folder}-bin`

  /** @param programs paths of additional programs on the PATH of jobs, by name */
  constructor(programs: Readonly<Record<string, string>> = {}) {
    copySources(this.folder)
    mkdirSync(this.bin)
    for (const [name, path] of Object.entries(programs)) symlinkSync(path, join(this.bin, name))
    git(this.folder, 'init', '-q', '-b', 'main')
    git(this.folder, 'remote', 'add', 'origin', ORIGIN)
    git(this.folder, 'add', '-A')
    git(this.folder, 'commit', '-qm', 'the checkout')
    linkPackages(CHECKOUT, this.folder)
    // .gitignore has `node_modules/`, which matches folders but not links.
    appendFileSync(join(this.folder, '.git', 'info', 'exclude'), 'node_modules\n')
  }

  /**
   * Adds an origin with one more commit, to be the base of a merge request. The commit includes the packages, so that a
   * job that checks it out installs none.
   *
   * @param change edits the files of the commit in a folder
   * @returns the hash of the commit
   */
  withBase(change: (folder: string) => void): string {
    const [bare, base] = [`${this.folder}-origin`, `${this.folder}-base`]
    git(this.folder, 'clone', '-q', '--bare', this.folder, bare)
    git(this.folder, 'clone', '-q', bare, base)
    git(this.folder, 'config', `url.${bare}.insteadOf`, ORIGIN)
    change(base)
    linkPackages(CHECKOUT, base)
    git(base, 'add', '--all', '--force')
    git(base, 'commit', '-qm', 'base')
    git(base, 'push', '-q')
    const commit = git(base, 'rev-parse', 'HEAD').trim()
    rmSync(base, { recursive: true })
    return commit
  }

  /** Adds Debian's rsync to the programs: `gitlab-ci-local` copies the checkout with it when it runs jobs. */
  async withRsync(): Promise<this> {
    const command = inRoot(await debianRoot(['rsync']), 'rsync')
    const script = `#!/bin/sh\nexec ${command.map((word) => `'${word}'`).join(' ')} "$@"\n`
    writeFileSync(join(this.bin, 'rsync'), script, { mode: 0o755 })
    return this
  }

  /**
   * Runs `gitlab-ci-local` for a ref. Runs may overlap.
   *
   * @param args arguments, such as names of jobs
   * @param variables CI/CD variables of the project
   */
  async run(ref: Ref, args: readonly string[], variables: Readonly<Record<string, string>> = {}): Promise<PipelineRun> {
    const given = Object.entries({ ...variablesOf(ref), ...variables }).map(([name, value]) => `${name}=${value}`)
    const flags = [
      '--no-color',
      '--ignore-predefined-vars',
      'CI_COMMIT_BRANCH,CI_COMMIT_TAG,CI_OPEN_MERGE_REQUESTS,CI_PIPELINE_SOURCE,CI_PROJECT_ID,CI_MERGE_REQUEST_IID,CI_MERGE_REQUEST_PROJECT_ID,CI_MERGE_REQUEST_SOURCE_PROJECT_ID',
    ]
    // Pipelines of tags and merge requests have no CI_COMMIT_BRANCH, but the default is the branch of the checkout.
    const unset = 'branch' in ref ? [] : ['--unset-variable', 'CI_COMMIT_BRANCH']
    const state = ['--state-dir', `.gitlab-ci-local/${++this.#runs}`]
    const argv = [
      GITLAB_CI_LOCAL,
      ...args,
      ...state,
      ...flags,
      ...unset,
      ...given.flatMap((text) => ['--variable', text]),
    ]
    const env = { ...outsidePipelines(process.env), PATH: [this.bin, process.env['PATH']].join(delimiter) }
    const child = spawn(process.execPath, argv, { cwd: this.folder, env, stdio: ['ignore', 'pipe', 'pipe'] })
    const ended = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve))
    const [code, out, err] = await Promise.all([ended, text(child.stdout), text(child.stderr)])
    return { code, output: `${out}\n${err}` }
  }

  /** Deletes the copy and its origin. */
  remove(): void {
    for (const folder of [this.folder, this.bin, `${this.folder}-origin`])
      rmSync(folder, { recursive: true, force: true })
  }
}

/** Copies the sources of this checkout, including uncommitted changes, to a folder. */
export function copySources(folder: string): void {
  cpSync(CHECKOUT, folder, { recursive: true, filter: (path) => !NOT_SOURCES.has(basename(path)) })
}

/** Removes the variables of the pipeline that runs these tests: they would describe its ref. */
export function outsidePipelines(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(CI|GITLAB|CHAT_APP)_/.test(name)))
}

function git(folder: string, ...args: string[]): string {
  const author = ['-c', 'user.name=test', '-c', 'user.email=test@example.com']
  return execFileSync('git', [...author, ...args], { cwd: folder, encoding: 'utf8' })
}

function variablesOf(ref: Ref): Record<string, string> {
  if ('branch' in ref) return { CI_COMMIT_BRANCH: ref.branch }
  if ('tag' in ref) return { CI_COMMIT_TAG: ref.tag }
  const number = String(ref.mergeRequest)
  const projects = { CI_PROJECT_ID: '1', CI_MERGE_REQUEST_PROJECT_ID: '1', CI_MERGE_REQUEST_SOURCE_PROJECT_ID: '1' }
  return { ...projects, CI_MERGE_REQUEST_IID: number, CI_PIPELINE_SOURCE: 'merge_request_event' }
}
