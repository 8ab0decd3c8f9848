import { ModelError, resolve, type Model, type SpecFault } from '@chat-app/chat'
import { Stalled, type PartFault } from '../../plan/failure.ts'
import type { Subject } from '../operator.ts'

/** Resolves the spec as far as it is valid. @throws Stalled when there is no model at all */
export function readModel({ chatApp }: Subject): { model: Model; specFaults: readonly PartFault[] } {
  const { version, targetVersion } = chatApp.status ?? {}
  try {
    const { model, faults } = resolve(chatApp, version ?? targetVersion)
    return { model, specFaults: faults.map(partFault) }
  } catch (error) {
    if (error instanceof ModelError) throw new Stalled('InvalidSpec', error.faults.join('; '))
    throw error
  }
}

function partFault({ reason, message, parts }: SpecFault): PartFault {
  return { kind: 'stalled', reason, message, parts }
}
