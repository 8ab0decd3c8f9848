import type { ClusterChanges } from './clusters.ts'
import { effectText, restarting, type Change, type FieldChange } from './compare.ts'
import { lineChanges, plural, shown } from './shown.ts'

/** The changes as a list for a terminal. */
export function asText(found: readonly ClusterChanges[]): string {
  if (found.length === 0) return 'Nothing changes.'
  return [...found.map(clusterText), summary(found)].join('\n\n')
}

function clusterText({ title, whole, changes }: ClusterChanges): string {
  if (whole?.is === 'new') return `${title}: new, ${plural(whole.objects, 'object')}`
  if (whole?.is === 'gone')
    return `${title}: no longer written; its ${plural(whole.objects, 'object')} stay where they are`
  const preview = changes.filter(({ isPreview }) => isPreview)
  return [
    title,
    ...changes.filter(({ isPreview }) => !isPreview).map(changeText),
    ...(preview.length === 0 ? [] : ['  and then, by the operator:', ...preview.map(changeText)]),
  ].join('\n')
}

const signs = { added: '+', removed: '-', changed: '~' } as const

function changeText({ change, object, fields, effect }: Change): string {
  return [`  ${signs[change]} ${object}${inBrackets(effect)}`, ...fields.map(fieldText)].join('\n')
}

function fieldText(change: FieldChange): string {
  const effect = inBrackets(effectText(change))
  const lines = lineChanges(change)
  if (lines === undefined) return `      ${change.field}: ${shown(change.old)} -> ${shown(change.new)}${effect}`
  const below = [...lines.removed.map((line) => `- ${line}`), ...lines.added.map((line) => `+ ${line}`)]
  return [`      ${change.field}:${effect}`, ...below.map((line) => `        ${line}`)].join('\n')
}

function inBrackets(effect: string): string {
  return effect === '' ? '' : `  (${effect})`
}

function summary(found: readonly ClusterChanges[]): string {
  const restarts = found.flatMap(({ title, changes }) => restarting(changes).map((object) => `  ${title}: ${object}`))
  return restarts.length === 0 ? 'No pods restart.' : `Pods restart:\n${restarts.join('\n')}`
}
