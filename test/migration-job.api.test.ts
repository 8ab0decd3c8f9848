import { JOBS, PODS } from '@chat-app/chat/resources'
import { eventually, test } from '@chat-app/operator/testing'
import { must } from '@chat-app/testing'
import { expect } from 'vitest'

/** What `migrate` ends with when its configuration is invalid: EX_CONFIG of sysexits.h. */
const EXIT_CONFIG = 78

test('a migration whose configuration is invalid fails its Job at once', async ({ chat }) => {
  const message = JSON.stringify({ error: 'jwt.secret: must have at least 32 characters', reason: 'ConfigInvalid' })
  const terminated = { exitCode: EXIT_CONFIG, reason: 'Error', message, finishedAt: new Date().toISOString() }
  const container = { name: 'migrate', image: '', imageID: '', ready: false, restartCount: 0, state: { terminated } }
  chat.kubelet.behave(() => ({ phase: 'Failed', containerStatuses: [container] }))
  await chat.secrets()
  await chat.chatApp()
  await chat.operator()

  const { job, pods } = await eventually(async () => {
    const [[job], pods] = await Promise.all([chat.list(JOBS), chat.list(PODS)])
    const { conditions = [] } = (job?.['status'] ?? {}) as { conditions?: { type: string; reason: string }[] }
    const failed = must(
      conditions.find(({ type }) => type === 'Failed'),
      'the condition Failed',
    )
    return { job: failed, pods }
  })

  expect(job.reason).toBe('PodFailurePolicy')
  expect(pods).toHaveLength(1)
  expect((await chat.reason('ConfigInvalid')).message).toContain('jwt.secret: must have at least 32 characters')
})
