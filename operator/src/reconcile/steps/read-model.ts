import { ModelError, resolve, type Model, type SpecFault } from '@chat-app/chat'
import { Stalled, type PartFault } from '../../plan/failure.ts'
import { readRecord } from '../../plan/release/record.ts'
import type { Subject } from '../operator.ts'

/**
 * Resolves the spec as far as it is valid; the newest stored release stands in for a faulty one. @throws Stalled when there is no
 * model at all
 */
export function readModel({ operator, chatApp }: Subject): { model: Model; specFaults: readonly PartFault[] } {
  const records = operator.world.children(chatApp).flatMap((child) => readRecord(child) ?? [])
  const [newest] = records.sort((a, b) => b.number - a.number)
  const { version, targetVersion } = chatApp.status ?? {}
  try {
    const { model, faults } = resolve(chatApp, {
      version: newest?.release.version ?? version ?? targetVersion,
      release: newest?.release.spec,
    })
    return { model, specFaults: faults.map(partFault) }
  } catch (error) {
    if (error instanceof ModelError) throw new Stalled('InvalidSpec', error.faults.join('; '))
    throw error
  }
}

function partFault({ reason, message, parts }: SpecFault): PartFault {
  return { kind: 'stalled', reason, message, parts }
}
