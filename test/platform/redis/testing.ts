import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startRedisWith, type RedisServer } from '@chat-app/sandbox-servers'
import { activeCluster, applied, type Environment } from '@chat-app/platform'
import { one } from '@chat-app/chat/testing'

/**
 * Starts a server with the operator's configuration, followed by that of an environment's ConfigMap.
 *
 * @param operatorLines more lines of the operator's configuration
 * @param options command-line options of the server
 */
export async function startConfigured(
  environment: Environment,
  operatorLines: readonly string[] = [],
  options: readonly string[] = [],
): Promise<RedisServer> {
  const { data } = one(applied(activeCluster(environment)), 'ConfigMap', 'chat-app-redis-config')
  const dir = await mkdtemp(join(tmpdir(), 'chat-redis-config-'))
  const file = join(dir, 'redis-additional.conf')
  await writeFile(file, data['redis-additional.conf'])
  const redis = await startRedisWith(
    `${[...OPERATOR_CONFIG, ...operatorLines, `include ${file}`].join('\n')}\n`,
    options,
  )
  const stop = async () => {
    await redis.stop()
    await rm(dir, { recursive: true, force: true })
  }
  return { ...redis, stop }
}

/** The operator's configuration with a password and persistence. The platform's lines must override it. */
const OPERATOR_CONFIG = [
  'tcp-backlog 511',
  'timeout 0',
  'tcp-keepalive 60',
  'daemonize no',
  'protected-mode yes',
  'save 900 1',
  'save 300 10',
  'save 60 10000',
  'Appendonly yes',
  'Appendfilename "Appendonly.aof"',
]

/** The operator's additional configuration for a node of a cluster. */
export const CLUSTER_CONFIG = [
  'cluster-enabled yes',
  'cluster-node-timeout 15000',
  'cluster-require-full-coverage no',
  'cluster-migration-barrier 1',
  'cluster-config-file nodes.conf',
]

/** The current value of a setting; undefined when the server has no such setting. */
export async function setting(redis: RedisServer, name: string): Promise<string | undefined> {
  return (await redis.command('CONFIG', 'GET', name)).split('\n')[1]
}
