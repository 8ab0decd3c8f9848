import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { buildImages } from '@chat-app/sandbox-images'
import { kubectl, type Kubectl } from '@chat-app/kubectl'
import { startNode, type NodeCluster } from '@chat-app/sandbox-cluster'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { TestChatApp } from './support/chat-app.ts'
import { Conversation } from './support/conversation.ts'
import { outsidePipelines, Pipeline, type PipelineRun, type Ref } from './support/pipeline.ts'

// The jobs of a branch, of develop and of a tag, run by `gitlab-ci-local` without their images. They deploy the
// environment `local`, whose parts can run here, to an empty cluster.

/** The registry of the images of branches, as the job `review` names it. */
const BRANCH_REGISTRY = 'registry.example.com/chat-app/branches'

let folder: string
let cluster: NodeCluster
let pipeline: Pipeline
let run: Kubectl
let context: string
let chatApp: TestChatApp

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chat-app-pipeline-node-'))
  cluster = await startNode({ dir: folder, name: 'pipeline', lifetime: 'parent' })
  pipeline = await new Pipeline({ kubectl: cluster.kubectl }).withRsync()
  run = kubectl({ binary: cluster.kubectl, kubeconfig: cluster.kubeconfig })
  context = (await run(['config', 'current-context'])).trim()
  chatApp = new TestChatApp(run, 'chat-app')
  // Release v9.9.9 with only the operator's image: the images of the services are missing.
  await cluster.load(await buildImages({ version: '9.9.9', only: ['operator'] }))
})

afterAll(async () => {
  pipeline?.remove()
  await cluster?.stop()
  await rm(folder, { recursive: true, force: true })
})

/** Runs jobs with the variables of a project that deploys to this cluster. */
function jobs(ref: Ref, names: readonly string[], variables: Record<string, string> = {}): Promise<PipelineRun> {
  const flags = ['--force-shell-executor', ...names]
  return pipeline.run(ref, flags, {
    KUBECONFIG: cluster.kubeconfig,
    KUBE_CONTEXT: context,
    CHAT_APP_ENVIRONMENT: 'local',
    DEPLOY_TIMEOUT: '600',
    XDG_CACHE_HOME: process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'),
    npm_config_cache: join(folder, 'npm'),
    ...variables,
  })
}

function version({ name } = chatApp): Promise<string> {
  return chatApp.kubectl(['get', 'chatapp', name, '-o', 'jsonpath={.status.version}'])
}

test('the jobs of a branch build the manifests, search the commits for secrets, and package', async () => {
  const { code, output } = await jobs({ branch: 'feature/x' }, ['build', 'secrets', 'package'])
  expect(output).toMatch(/build +> .*dist\/prod\/eu-central: \d+ files with \d+ objects/)
  expect(output).toContain('ok   secrets')
  expect(output).toMatch(/package +> .*-dev\.g[0-9a-f]+: /)
  expect(code).toBe(0)
})

test('develop is deployed to an empty cluster', async () => {
  const { code, output } = await jobs({ branch: 'develop' }, ['deploy-dev'], { CHAT_APP_VERSION: '0.1.0' })
  expect(output).toContain('new  Namespace chat-app')
  expect(output).toContain('everything is ready after')
  expect(code).toBe(0)
  expect(await version()).toBe('0.1.0')
})

test('a dry run after the deployment shows no changes', async () => {
  const path = [pipeline.bin, process.env['PATH']].join(delimiter)
  const env = { ...outsidePipelines(process.env), PATH: path, KUBECONFIG: cluster.kubeconfig }
  const args = ['delivery/deploy/src/main.ts', '--env', 'local', '--context', context, '--dry-run']
  const { stdout } = await promisify(execFile)('node', args, { cwd: pipeline.folder, env })
  expect(stdout).toContain('nothing changes\n')
})

test('a tag without images fails the job with the reason, and the old version keeps serving', async () => {
  const users = await chatApp.users(2)
  const talk = new Conversation(users, await chatApp.room(users), { everyMs: 20 })
  const { code, output } = await jobs({ tag: 'v9.9.9' }, ['deploy-staging'], { DEPLOY_TIMEOUT: '60' })
  expect(code).toBe(1)
  expect(output).toMatch(/- +version: 0\.1\.0\n.*\+ +version: 9\.9\.9/)
  expect(output).toMatch(/not ready after \d+ s: ChatApp chat-app\/chat-app/)
  expect(output).toMatch(/ImagePullFailed: .*chat-service:9\.9\.9/)
  expect(output).toContain('Version 0.1.0 still serves: API pods 1/1, WebSocket pods 2/2.')
  expect(output).toContain('npm run deploy -- --env local --version 0.1.0')
  await talk.continues()
  expect(await talk.end()).toMatchObject({ lost: 0, duplicated: 0, reordered: 0 })
  expect(await version()).toBe('0.1.0')
  expect(await chatApp.readyPods('websocket')).toHaveLength(2)
})

test('the same tag is deployed once its images exist, without another change', async () => {
  await cluster.load(await buildImages({ version: '9.9.9', only: ['chat-service', 'websocket-service'] }))
  const { code, output } = await jobs({ tag: 'v9.9.9' }, ['deploy-staging'])
  expect(output).toContain('everything is ready after')
  expect(code).toBe(0)
  expect(await version()).toBe('9.9.9')
})

test('a review runs beside it, and stop-review deletes all of it', async () => {
  const images = { version: '9.9.9', registry: BRANCH_REGISTRY, only: ['chat-service', 'websocket-service'] } as const
  await cluster.load(await buildImages(images))
  const review = new TestChatApp(run, 'review-mr-12')
  const variables = { CHAT_APP_VERSION: '9.9.9', BRANCH_REGISTRY_PASSWORD: 'x' }
  const started = await jobs({ mergeRequest: 12 }, ['review'], variables)
  expect(started.code, started.output).toBe(0)
  expect(started.output).toContain('what changes:\nreview >   new  ChatApp chat-app/review-mr-12\n')
  expect(await version(review)).toBe('9.9.9')
  expect(await review.readyPods('websocket')).toHaveLength(2)

  const stopped = await jobs({ mergeRequest: 12 }, ['stop-review'], variables)
  expect(stopped.code, stopped.output).toBe(0)
  const left = ['get', 'chatapps,deployments,jobs,services,pods', '-o', 'name']
  expect(await chatApp.kubectl(left)).not.toContain('review-mr-12')
  expect(await chatApp.readyPods('websocket')).toHaveLength(2)
})
