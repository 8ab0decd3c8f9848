import { ModelError, resolve, type Model, type SpecFault } from '@chat-app/chat'
import { REFUSED_SCHEMA_MIN_AGE_MS, SCHEMA_MIN_AGE_MS } from '../../limits.ts'
import { Stalled, type PartFault } from '../../plan/failure.ts'
import { readRecord } from '../../plan/release/record.ts'
import { isDefaultOf, schemaAt } from '../../runtime/schema-default.ts'
import type { Subject } from '../operator.ts'

/**
 * Resolves the spec as far as it is valid; the newest stored release stands in for a faulty one. @throws Stalled when there is no
 * model at all
 */
export async function readModel({ operator, chatApp }: Subject): Promise<{
  model: Model
  specFaults: readonly PartFault[]
}> {
  const records = operator.world.children(chatApp).flatMap((child) => readRecord(child) ?? [])
  const [newest] = records.sort((a, b) => b.number - a.number)
  const { version, targetVersion } = chatApp.status ?? {}
  try {
    const former = {
      version: newest?.release.version ?? version ?? targetVersion,
      release: newest?.release.spec,
    }
    const { model, faults } = resolve(chatApp, former)
    if (!faults.some(isUnknown)) return { model, specFaults: faults.map(partFault) }
    // Under a newer CRD every ChatApp has the defaults of its new fields.
    const schema = schemaAt(await operator.servedSchema(REFUSED_SCHEMA_MIN_AGE_MS), ['spec'])
    const known = resolve(chatApp, former, (path, value) => isDefaultOf(schemaAt(schema, path), value))
    return { model: known.model, specFaults: known.faults.map(partFault) }
  } catch (error) {
    if (error instanceof ModelError) throw new Stalled('InvalidSpec', error.faults.join('; '))
    throw error
  }
}

function isUnknown({ reason, parts }: SpecFault): boolean {
  return reason === 'UnsupportedField' && parts.length > 0
}

/** The schema is not watched, so what is unknown is compared with it again after a while. */
function partFault(fault: SpecFault): PartFault {
  const { reason, message, parts } = fault
  return { kind: 'stalled', reason, message, parts, ...(isUnknown(fault) && { retryMs: SCHEMA_MIN_AGE_MS }) }
}
