import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { Pipeline } from './support/pipeline.ts'

/** Jobs that `gitlab-ci-local` runs without a cluster. */

test('`changes` of a merge request says what it changes, for its reviewers', { timeout: 120_000 }, async () => {
  const pipeline = await new Pipeline().withRsync()
  onTestFinished(() => pipeline.remove())
  const base = pipeline.withBase((folder) => {
    const file = join(folder, 'environments', 'dev.ts')
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll('.dev.chat-app.com', '.former.chat-app.com'))
  })
  // Of its own, as CI_PROJECT_DIR is a folder of the job's image.
  const npm_config_cache = join(pipeline.folder, '.npm')
  const variables = { CI_MERGE_REQUEST_DIFF_BASE_SHA: base, npm_config_cache }
  const { code, output } = await pipeline.run({ mergeRequest: 12 }, ['--force-shell-executor', 'changes'], variables)
  expect(code, output).toBe(0)
  const report = readFileSync(join(pipeline.folder, 'dist', 'changes.md'), 'utf8')
  expect(report).toContain(
    '| `ChatApp chat-app/chat-app` | `spec.exposure.hosts.api` | `"api.former.chat-app.com"` | `"api.dev.chat-app.com"` |',
  )
  expect(report.match(/^### .*/gm)).toEqual(['### dev'])
})
