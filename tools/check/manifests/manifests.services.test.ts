import { checkov, tool, whyNoTool } from '@chat-app/sandbox-machine'
import { expect, test } from 'vitest'
import { checkManifests } from './check.ts'
import type { Finding } from './finding.ts'
import { judge } from './judge.ts'

const noKubeScore = whyNoTool('kube-score')
const skipText = (reason: string | undefined) => (reason === undefined ? '' : ` (skipped: ${reason})`)

test.skipIf(noKubeScore !== undefined)(
  `kube-score has no finding without an exception${skipText(noKubeScore)}`,
  async () => {
    await tool('kube-score')
    expect(await checkManifests(['kube-score'])).toEqual({ unexplained: [], unused: [] })
  },
)

test('checkov has no finding without an exception', async ({ skip }) => {
  // checkov needs Python and PyPI.
  await checkov().catch((error: Error) => skip(error.message))
  expect(await checkManifests(['checkov'])).toEqual({ unexplained: [], unused: [] })
})

test('judge lists a finding without an exception once, with its clusters, and an exception without a finding', () => {
  const finding: Finding = { tool: 'checkov', check: 'X', object: 'Job a/b', cluster: 'dev', text: 'is slow' }
  const exception = { tool: 'checkov', check: 'X', objects: ['Job a/*'], reason: 'it may be' } as const
  const findings = [finding, { ...finding, cluster: 'prod' }]
  expect(judge(findings, [], ['checkov'])).toEqual({
    unexplained: ['checkov X: Job a/b: is slow (dev, prod)'],
    unused: [],
  })
  expect(judge(findings, [exception], ['checkov'])).toEqual({ unexplained: [], unused: [] })
  expect(judge([], [exception], ['checkov'])).toEqual({ unexplained: [], unused: ['checkov X: Job a/*'] })
  expect(judge([], [exception], ['kube-score'])).toEqual({ unexplained: [], unused: [] })
})
