import { DECISIONS } from '@chat-app/chat/annotations'
import { ownedBy } from '../../cluster/owned.ts'
import { Failure } from '../../failure.ts'
import { releasesOf, type ReleaseRow } from '../status/releases.ts'
import { called, decision, moment } from './decision.ts'
import { held } from './field-switch.ts'

export const rollback = decision({
  name: 'rollback',
  summary: 'runs a former release again',
  about: [
    `Sets the annotation ${DECISIONS.rollback}: API, WebSocket and configuration go back together, and the spec stays as it is. The release runs until the spec is edited; "rollback --to" the newest release ends it before. The operator refuses what the database schema does not allow (RollbackRefused).`,
  ],
  options: {
    to: { value: 'N', help: 'number of the release, as "status" lists them', default: 'the last good one before' },
  },
  examples: {
    'kubectl chatapp rollback chat-app -n chat-app': 'to the last good release before the one that runs',
    'kubectl chatapp rollback chat-app -n chat-app --to 3 --yes': 'to release 3, without a question',
  },
  async plan({ chatApp, values, cluster, now }) {
    const { objects, unread } = await ownedBy(cluster, chatApp)
    const releases = releasesOf(objects)
    if (releases.length === 0)
      throw new Failure(`${called(chatApp)} has no release yet${unread.length > 0 ? ` (${unread.join('; ')})` : ''}`)
    const to = values.to === undefined ? lastGoodBefore(releases) : numbered(values.to, releases)
    if (to === undefined)
      throw new Failure(`${called(chatApp)}: no release before the one that runs was good (${listed(releases)})`)
    if (isRunning(to)) return `release ${named(to)} runs already`
    const running = releases.filter(({ runs }) => runs.length > 0).map(named)
    const doubt = to.goodSince === undefined ? ' It was never good.' : ''
    const from = running.length === 0 ? '' : ` in place of ${running.join(' and ')}`
    return {
      what: `${called(chatApp)}: release ${named(to)} runs again${from}.${doubt}${held(chatApp)}`,
      patch: { metadata: { annotations: { [DECISIONS.rollback]: `${to.number}@${moment(now)}` } } },
      done: `${called(chatApp)} goes back to release ${named(to)}`,
    }
  },
})

/** The newest good release below the newest one that runs. */
export function lastGoodBefore(releases: readonly ReleaseRow[]): ReleaseRow | undefined {
  const runs = Math.max(...releases.filter((release) => release.runs.length > 0).map(({ number }) => number))
  return releases.find(({ number, goodSince }) => goodSince !== undefined && number < runs)
}

function numbered(text: string, releases: readonly ReleaseRow[]): ReleaseRow {
  const found = releases.find(({ number }) => String(number) === text)
  if (found === undefined) throw new Failure(`--to "${text}": no release has this number (${listed(releases)})`)
  return found
}

/** Both services have its pods. */
function isRunning({ runs }: ReleaseRow): boolean {
  return runs.includes('api') && runs.includes('websocket')
}

function named({ number, version }: ReleaseRow): string {
  return `${number} (${version})`
}

function listed(releases: readonly ReleaseRow[]): string {
  return `there are ${releases.map((release) => `${named(release)}${release.goodSince === undefined ? ', not good' : ''}`).join('; ')}`
}
