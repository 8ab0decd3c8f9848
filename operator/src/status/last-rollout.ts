import type { LastRollout } from '@chat-app/crds'
import { COUNTS, eachOf } from '../observe/proof.ts'
import type { ReleaseRecord } from '../plan/release/record.ts'

const UNPROVEN = { proof: 'Skipped', message: 'the release has failed before it was proven' } as const

/** The rollout of a release and what it has proven; undefined where there was nothing to compare with. */
export function lastRolloutOf({ number, release, learned }: ReleaseRecord): LastRollout | undefined {
  const { proof, good, failed } = learned
  if (proof === undefined) return undefined
  const results = [proof.before, proof.during].filter((result) => result !== undefined)
  const last = results.at(-1)
  const isOpen = last === undefined || (last.verdict === 'Passed' && results.length < 2)
  const finishedAt = good?.number === number ? good.since : failed?.at
  const counts = results.flatMap((result) => result.counts ?? [])
  const users = Math.max(0, ...counts.map(({ reconnects }) => reconnects.length))
  return {
    revision: number,
    version: release.version,
    startedAt: proof.since,
    ...(finishedAt !== undefined && { finishedAt }),
    proof: isOpen ? 'Running' : last.verdict,
    ...(last && { message: last.message }),
    ...(isOpen && failed !== undefined && UNPROVEN),
    ...(counts.length > 0 && {
      ...eachOf(COUNTS, (count) => counts.reduce((all, each) => all + each[count], 0)),
      longestGapMilliseconds: Math.max(...counts.map(({ longestGapMs }) => longestGapMs)),
      reconnects: Array.from({ length: users }, (_, user) =>
        counts.reduce((all, { reconnects }) => all + (reconnects[user] ?? 0), 0),
      ),
    }),
  }
}
