import { describe, expect, test } from 'vitest'
import { environments } from '@chat-app/environments'
import { clusterOf } from './cluster.ts'
import { optionsOf } from './options.ts'
import { whatToDo } from './what-to-do.ts'

const registry = 'registry.example.com/chat-app'

/** What is said after a deployment with these arguments failed on a cluster whose ChatApp has this status. */
function said(args: readonly string[], status: object | undefined): Promise<string[]> {
  const options = optionsOf(args)
  const cluster = clusterOf(environments, options.env, options.cluster, { version: '1.2.3', registry })
  return whatToDo(() => Promise.resolve(status === undefined ? '' : JSON.stringify(status)), cluster, options)
}

const serving = (version: string) => ({
  version,
  conditions: [{ type: 'Ready', status: 'False', reason: 'ImagePullFailed' }],
  api: { summary: '3/3' },
  websocket: { summary: '5/5' },
})

describe('after a deployment failed', () => {
  test('the way back is the same deployment of what serves: the same cluster, context and registry', async () => {
    const flags = ['--context', 'us', '--registry', 'images.example.com/chat']
    expect(await said(['--env', 'prod', '--cluster', 'us-east', ...flags], serving('1.2.2'))).toEqual([
      'Version 1.2.2 serves on: API pods 3/3, WebSocket pods 5/5.',
      'What to do:',
      '  docs/reasons.md says what ImagePullFailed means and what mends it; then run this again',
      '  or go back to what serves: npm run deploy -- --env prod --cluster prod/us-east --version 1.2.2 --context us --registry images.example.com/chat',
    ])
  })

  test('the way back of a review is that of the review alone', async () => {
    const lines = await said(['--env', 'dev', '--review', 'mr-12'], serving('1.2.2'))
    expect(lines.at(-1)).toMatch(/npm run deploy -- --env dev --version 1\.2\.2 --review mr-12$/)
  })

  test('there is no way back to the version that was deployed, or where none serves', async () => {
    for (const status of [serving('1.2.3'), { ...serving('1.2.2'), version: undefined }])
      expect((await said(['--env', 'dev'], status)).join('\n')).not.toContain('go back')
  })

  test('nothing is said of what the cluster does not tell', async () => {
    expect(await said(['--env', 'dev'], undefined)).toEqual([])
    expect(await said(['--env', 'dev'], { conditions: [] })).toEqual([])
  })
})
