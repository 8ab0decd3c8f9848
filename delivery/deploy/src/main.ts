import { join } from 'node:path'
import { environments } from '@chat-app/environments'
import { chatApp, clustersOf, type Cluster } from '@chat-app/platform'
import { DEFAULT_REGISTRY } from '@chat-app/sandbox-images'
import { kubectl } from '@chat-app/kubectl'
import { kubectlCli } from './cli.ts'
import { clusterOf } from './cluster.ts'
import { deploy } from './deploy.ts'
import { optionsOf, usage, type Options } from './options.ts'
import { assertAnswers } from './reach.ts'
import { reviewOf } from './review.ts'
import { deployedVersion } from './version.ts'
import { whatToDo } from './what-to-do.ts'

const CHECKOUT = join(import.meta.dirname, '..', '..', '..')

/** `npm run deploy`. Exit codes: 0 everything is ready, 1 it is not, or it was refused. */
async function main(options: Options): Promise<void> {
  const { context, isDryRun, timeoutSeconds } = options
  const cluster = chosen(options)
  const target = { binary: 'kubectl', ...(context !== undefined && { context }) }
  const run = kubectl(target)
  const { metadata, spec } = chatApp(cluster)
  console.log(`${cluster.folder}: ${metadata.name} ${spec.version}${context === undefined ? '' : `, to ${context}`}`)
  const cli = kubectlCli(context)
  await assertAnswers(cli, context, process.env)
  const startedAt = performance.now()
  const plan = { kubectl: run, cli, cluster, isDryRun, timeoutSeconds, say: console.log }
  try {
    await deploy({ ...plan, isReview: options.review !== undefined })
  } catch (error) {
    const help = await whatToDo(run, cluster, options)
    throw new Error([(error as Error).message, ...help].join('\n'), { cause: error })
  }
  if (!isDryRun) console.log(`everything is ready after ${Math.round((performance.now() - startedAt) / 1000)} s`)
}

function chosen({ env, cluster, version, registry = DEFAULT_REGISTRY, review }: Options): Cluster {
  const released = { version: deployedVersion(version, CHECKOUT, process.env), registry }
  const found = clusterOf(environments, env, cluster, released)
  if (review === undefined) return found
  return clustersOf(reviewOf(found.environment, review)).find(({ folder }) => folder === found.folder) as Cluster
}

try {
  const args = process.argv.slice(2)
  if (args.includes('--help')) console.log(`usage: ${usage}`)
  else await main(optionsOf(args))
} catch (error) {
  console.error(`deploy: ${(error as Error).message}`)
  process.exitCode = 1
}
