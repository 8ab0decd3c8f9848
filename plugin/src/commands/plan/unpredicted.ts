import { rollingSecrets } from '@chat-app/chat'
import type { Known } from './known.ts'

/** What follows from what a plan does not know. */
export function unpredictedOf(known: Known): string[] {
  const { model, choice, faults, input } = known
  const { before, after, owned } = input
  const isMigrating = choice.isNew && choice.wanted === choice.target && !choice.migration.hasRun
  const hasOwnTemplate = [model.spec.api, model.spec.websocket, model.spec.worker, model.spec.migrations].some(
    (part) => part?.podTemplate?.spec !== undefined,
  )
  return [
    ...newSecrets(known),
    ...changedSecrets(known),
    ...(isMigrating ? [`what the migration of ${model.version} changes in the database: its image alone knows`] : []),
    ...(choice.isNew && hasOwnTemplate ? ['whether the API server takes the fields of spec.*.podTemplate'] : []),
    ...(choice.isNew && choice.wanted === choice.target
      ? ['whether the release fails or its proof does: then the last good one runs again']
      : []),
    ...(before?.spec.paused === true && !after.spec.paused
      ? ['what was changed by hand while the ChatApp was paused: the operator takes it back']
      : []),
    ...faults.filter(({ parts }) => !parts.includes('release')).map(({ message }) => message),
    ...owned.unread.map((what) => `what follows from objects that were not read: ${what}`),
  ]
}

/** The Secrets that the ChatApp names for the first time. */
function newSecrets({ model, former }: Known): string[] {
  const named = new Set(former?.model.secrets.map(({ name, key }) => `${name}/${key}`))
  return model.secrets
    .filter(({ name, key }) => !named.has(`${name}/${key}`))
    .map(
      ({ field, name, key }) =>
        `whether Secret "${name}" has the key "${key}" (${field}): until it does, the release waits`,
    )
}

/**
 * The values that pods read only at start, and that may have changed since the newest release. The operator makes a release
 * of a change at once, except while it is paused.
 */
function changedSecrets({ model, records, input: { before } }: Known): string[] {
  const [newest] = records.toSorted((a, b) => b.number - a.number)
  if (before === undefined || newest === undefined) return []
  const { metadata, spec, status } = before
  if (status?.observedGeneration === metadata.generation && !spec.paused) return []
  return rollingSecrets(model.secrets).flatMap((value) => {
    const [then, now] = [newest.learned.secrets?.[value], status?.operator?.secrets?.[value]]
    if (then !== undefined && then === now) return []
    const what = then === undefined || now === undefined ? 'is not known' : 'is another one now (or the signing key is)'
    return [`whether all pods restart for the value ${value} of a Secret: its hash in release ${newest.number} ${what}`]
  })
}
