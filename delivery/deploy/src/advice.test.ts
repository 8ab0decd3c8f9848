import { describe, expect, test } from 'vitest'
import { environments } from '@chat-app/environments'
import { adviceAfterFailure } from './advice.ts'
import { clusterOf } from './cluster.ts'
import { optionsOf } from './options.ts'

const registry = 'registry.example.com/chat-app'

/** The advice after a deployment with these arguments failed on a cluster whose ChatApp has this status. */
function advice(args: readonly string[], status: object | undefined): Promise<string[]> {
  const options = optionsOf(args)
  const cluster = clusterOf(environments, options.env, options.cluster, { version: '1.2.3', registry })
  return adviceAfterFailure(() => Promise.resolve(status === undefined ? '' : JSON.stringify(status)), cluster, options)
}

const serving = (version: string) => ({
  version,
  conditions: [{ type: 'Ready', status: 'False', reason: 'ImagePullFailed' }],
  api: { summary: '3/3' },
  websocket: { summary: '5/5' },
})

describe('after a deployment failed', () => {
  test('the command to go back deploys the serving version to the same cluster, by the same context, from the same registry', async () => {
    const flags = ['--context', 'us', '--registry', 'images.example.com/chat']
    expect(await advice(['--env', 'prod', '--cluster', 'us-east', ...flags], serving('1.2.2'))).toEqual([
      'Version 1.2.2 still serves: API pods 3/3, WebSocket pods 5/5.',
      'What to do:',
      '  docs/reasons.md explains ImagePullFailed and how to fix it; then run this again',
      '  or go back to the version that serves: npm run deploy -- --env prod --cluster prod/us-east --version 1.2.2 --context us --registry images.example.com/chat --accept older-version',
    ])
  })

  test('the command to go back after a review deploys the review alone', async () => {
    const lines = await advice(['--env', 'dev', '--review', 'mr-12'], serving('1.2.2'))
    expect(lines.at(-1)).toMatch(/npm run deploy -- --env dev --version 1\.2\.2 --review mr-12$/)
  })

  test('there is no command to go back when the deployed version serves, or none does', async () => {
    for (const status of [serving('1.2.3'), { ...serving('1.2.2'), version: undefined }])
      expect((await advice(['--env', 'dev'], status)).join('\n')).not.toContain('go back')
  })

  test('there is no advice when the cluster has no status', async () => {
    expect(await advice(['--env', 'dev'], undefined)).toEqual([])
    expect(await advice(['--env', 'dev'], { conditions: [] })).toEqual([])
  })
})
