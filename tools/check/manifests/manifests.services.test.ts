import { checkov, tool, whyNoTool } from '@chat-app/sandbox-machine'
import { expect, test } from 'vitest'
import { checkManifests } from './check.ts'
import type { Finding } from './finding.ts'
import { judge } from './judge.ts'

const noKubeScore = whyNoTool('kube-score')
const because = (reason: string | undefined) => (reason === undefined ? '' : ` (skipped: ${reason})`)

test.skipIf(noKubeScore !== undefined)(
  `kube-score has nothing against the manifests that is not explained${because(noKubeScore)}`,
  async () => {
    await tool('kube-score')
    expect(await checkManifests(['kube-score'])).toEqual({ unexplained: [], unused: [] })
  },
)

test('checkov has nothing against the manifests that is not explained', async ({ skip }) => {
  // Without Python or PyPI.
  await checkov().catch((error: Error) => skip(error.message))
  expect(await checkManifests(['checkov'])).toEqual({ unexplained: [], unused: [] })
})

test('a finding without an exception is told once with its clusters, and an exception without a finding too', () => {
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
