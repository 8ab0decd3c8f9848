import { runCommand, showSteps } from '@chat-app/cli'
import { environments } from '@chat-app/environments'
import { kubectl } from '@chat-app/kubectl'
import { chatApp, clustersOf, type Cluster } from '@chat-app/platform'
import { DEFAULT_REGISTRY } from '@chat-app/sandbox-images'
import { join } from 'node:path'
import { adviceAfterFailure } from './advice.ts'
import { kubectlCli } from './cli.ts'
import { clusterOf } from './cluster.ts'
import { deploy } from './deploy.ts'
import { bundleFiles, chatAppFile, foundations } from './files.ts'
import { command, optionsOf, type Options } from './options.ts'
import { assertAnswers, assertContext } from './reach.ts'
import { reviewOf } from './review.ts'
import { deployedVersion } from './version.ts'

const CHECKOUT = join(import.meta.dirname, '..', '..', '..')

/** `npm run deploy`. */
async function main(options: Options): Promise<void> {
  const { context, isDryRun, timeoutSeconds, accept } = options
  assertContext(context, process.env)
  const cluster = chosen(options)
  const target = { binary: 'kubectl', ...(context !== undefined && { context }) }
  const run = kubectl(target)
  const { metadata, spec } = chatApp(cluster)
  console.log(`${cluster.folder}: ${metadata.name} ${spec.version}${context === undefined ? '' : `, to ${context}`}`)
  const cli = kubectlCli(context)
  await assertAnswers(cli, context, process.env)
  const startedAt = performance.now()
  const steps = showSteps()
  const isReview = options.review !== undefined
  try {
    await deploy({
      kubectl: run,
      cli,
      release: { environment: cluster.folder, version: spec.version },
      namespace: cluster.environment.chatApp.namespace,
      files: isReview ? [chatAppFile(cluster)] : bundleFiles(cluster),
      foundations: (objects) => foundations(objects, cluster),
      isReview,
      isDryRun,
      accept,
      timeoutSeconds,
      steps,
    })
  } catch (error) {
    const advice = await adviceAfterFailure(run, cluster, options)
    throw new Error([(error as Error).message, ...advice].join('\n'), { cause: error })
  } finally {
    steps.end()
  }
  if (!isDryRun) console.log(`everything is ready after ${Math.round((performance.now() - startedAt) / 1000)} s`)
}

function chosen({ env, cluster, version, registry = DEFAULT_REGISTRY, review }: Options): Cluster {
  const released = { version: deployedVersion(version, CHECKOUT, process.env), registry }
  const found = clusterOf(environments, env, cluster, released)
  if (review === undefined) return found
  return clustersOf(reviewOf(found.environment, review)).find(({ folder }) => folder === found.folder) as Cluster
}

await runCommand(command, (args) => main(optionsOf(args)))
