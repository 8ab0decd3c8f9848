import { goesBack, releaseTitle } from '@chat-app/chat/release'
import type { Known } from './known.ts'
import type { ServiceChange } from './plan.ts'

/** The steps of a rollout, or what happens to the pods without one, in their order. */
export function stepsOf({ model, choice }: Known, services: readonly ServiceChange[]): string[] {
  const { target, wanted, isNew, migration } = choice
  const replaced = services.map((service) => `${service.deployment}: ${wordsOf(service)}`)
  if (wanted !== target || !isNew) return replaced
  const title = `release ${releaseTitle(wanted)}`
  if (model.hibernated && !migration.hasRun)
    return [...replaced, `${title} is stored; its migration runs and its pods start once spec.hibernated is false`]
  const isProven = isProvenBy({ model, choice })
  return [
    `${title} is stored: a ControllerRevision, and ConfigMap ${target.release.config.name}`,
    ...(migration.hasRun ? [] : [`Job ${migration.job} migrates the database`]),
    ...(isProven ? ['proof, part 1: nothing is lost in pods of the release that no client uses'] : []),
    ...replaced,
    ...(isProven ? ['proof, part 2, beside the steps before: nothing is lost while pods are replaced'] : []),
  ]
}

/** Whether a rollout has a proof: it is no way back to the last good release, and there is one to compare with. */
export function isProvenBy({ model, choice }: Pick<Known, 'model' | 'choice'>): boolean {
  return !goesBack(choice.target, choice.former) && model.spec.rollout.proof !== 'Disabled' && !model.hibernated
}

function wordsOf({ component, effect, pods: [now, wanted] }: ServiceChange): string {
  if (effect === 'Template') return 'gets the new template; it has no pods'
  if (effect === 'Start') return `${podsText(wanted)} started`
  if (effect === 'Stop') return `${podsText(now)} stopped`
  if (component === 'websocket')
    return `all ${wanted} new pods are started beside the ${now} former ones, which then drain together`
  if (wanted === 1) return '1 pod is started, and then takes the place of the former one'
  return `${podsText(wanted)} started, one after the other, each in place of a former one`
}

function podsText(number: number): string {
  return number === 1 ? '1 pod is' : `${number} pods are`
}

/** What the migration of the release will do. */
export function migrationWords({ model, choice, input: { before } }: Known): string {
  const { target, wanted, isNew, migration } = choice
  const version = before?.status?.schemaVersion
  const now = version === undefined ? '' : `; the schema has version ${version} now`
  if (wanted !== target) return `none: a former release runs again, and the schema stays as it is${now}`
  if (!isNew || migration.hasRun) return `none: that of ${target.release.version} has run${now}`
  const { timeoutSeconds } = model.spec.migrations
  const when = model.hibernated ? 'once spec.hibernated is false' : 'before any pod of the release starts'
  return `Job ${migration.job} runs "migrate" of ${target.release.version} ${when}, for at most ${timeoutSeconds} s${now}`
}
