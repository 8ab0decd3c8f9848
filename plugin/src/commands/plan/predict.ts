import { DECISIONS } from '@chat-app/chat/annotations'
import type { StoredChatApp } from '../../cluster/objects.ts'
import { movedConnections } from './connections.ts'
import { differences, type Difference } from './differences.ts'
import { knownOf, type Known, type PredictInput } from './known.ts'
import { objectChanges } from './object-changes.ts'
import type { Plan } from './plan.ts'
import { rolloutQuota } from './rollout-quota.ts'
import { serviceChanges } from './services.ts'
import { migrationWords, stepsOf } from './steps.ts'
import { unpredictedOf } from './unpredicted.ts'

/** Predicts what the operator does after a change, by the code that the operator renders and chooses with. It reads nothing. */
export function predict(input: PredictInput): Plan {
  const known = knownOf(input)
  const { model, choice } = known
  const { number, release } = choice.wanted
  const held = heldBy(input)
  const refusal = refusalOf(known)
  const isStill = held !== undefined || refusal !== undefined
  const services = isStill ? [] : serviceChanges(known)
  const connections = movedConnections(known, services)
  const { why, isNew } = choice
  return {
    name: model.name,
    namespace: model.namespace,
    operator: input.operator,
    changes: changesOf(input),
    release: { number, version: release.version, isNew, ...(why !== undefined && { why }) },
    ...(held !== undefined && { held }),
    ...(refusal !== undefined && { refusal }),
    services,
    objects: held === undefined ? objectChanges(known) : [],
    steps: isStill ? [] : stepsOf(known, services),
    ...(!isStill && { quota: rolloutQuota(known, services), migration: migrationWords(known) }),
    ...(connections && !isStill && { connections }),
    unpredicted: unpredictedOf(known),
  }
}

function heldBy({ before, after }: PredictInput): string | undefined {
  if (before?.metadata.deletionTimestamp !== undefined)
    return 'the ChatApp is being deleted: the operator writes nothing'
  return after.spec.paused ? 'paused: the operator writes nothing until spec.paused is false' : undefined
}

function changesOf({ before, after }: PredictInput): Difference[] {
  const decisions = differences(decisionsIn(before), decisionsIn(after), 'metadata.annotations')
  return [...differences(before?.spec, after.spec, 'spec'), ...decisions]
}

/** The annotations by which a person decides. */
function decisionsIn(chatApp: StoredChatApp | undefined): object {
  const annotations = chatApp?.metadata.annotations ?? {}
  return Object.fromEntries(
    Object.values(DECISIONS).flatMap((name) => (name in annotations ? [[name, annotations[name]]] : [])),
  )
}

function refusalOf({ choice, faults }: Known): string | undefined {
  const faulty = faults.filter(({ parts }) => parts.includes('release'))
  return choice.refusal ?? (faulty.length > 0 ? faulty.map(({ message }) => message).join('; ') : undefined)
}
