import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { Pipeline } from './support/pipeline.ts'

// Jobs that `gitlab-ci-local` runs without a cluster.

test.each([
  { what: 'a merge request', base: 'the commit at which its branch starts', isMerged: false },
  { what: 'merged results', base: 'the target branch', isMerged: true },
])('`changes` of $what compares with $base', async ({ isMerged }) => {
  const pipeline = await new Pipeline().withRsync()
  onTestFinished(() => pipeline.remove())
  const commit = pipeline.withBase((folder) => {
    const file = join(folder, 'environments', 'dev.ts')
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll('.dev.chat-app.com', '.former.chat-app.com'))
  })
  // Overrides the value below CI_PROJECT_DIR, which is a folder of the job's image.
  const npm_config_cache = join(pipeline.folder, '.npm')
  // With merged results, the diff base is a commit that does not exist here.
  const unknownCommit = '0123456789abcdef0123456789abcdef01234567'
  const shas = { CI_MERGE_REQUEST_DIFF_BASE_SHA: unknownCommit, CI_MERGE_REQUEST_TARGET_BRANCH_SHA: commit }
  const variables = { ...(isMerged ? shas : { CI_MERGE_REQUEST_DIFF_BASE_SHA: commit }), npm_config_cache }
  const { code, output } = await pipeline.run({ mergeRequest: 12 }, ['--force-shell-executor', 'changes'], variables)
  expect(code, output).toBe(0)
  const report = readFileSync(join(pipeline.folder, 'dist', 'changes.md'), 'utf8')
  expect(report).toContain(
    '| `ChatApp chat-app/chat-app` | `spec.exposure.hosts.api` | `"api.former.chat-app.com"` | `"api.dev.chat-app.com"` |',
  )
  expect(report.match(/^### .*/gm)).toEqual(['### dev'])
})
