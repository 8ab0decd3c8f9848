import type { Part } from '@chat-app/chat'
import type { Failure, PartFault } from '../plan/failure.ts'

/** What the steps have found that does not end a reconciliation. */
export interface Faults {
  /** Faulty fields of the spec, also those that are ignored. */
  readonly specFaults?: readonly PartFault[]
  /** Kinds that the cluster lacks. */
  readonly kindFaults?: readonly PartFault[]
  /** Why the release would be refused. */
  readonly releaseFaults?: readonly PartFault[]
  /** Objects that were refused. */
  readonly refusals?: readonly Failure[]
}

/** The parts of the spec whose objects stay as they are. */
export function faultyParts(faults: Faults): ReadonlySet<Part> {
  return new Set(partFaults(faults).flatMap(({ parts }) => parts))
}

/** Those that need a person, or a repetition. */
export function failuresIn(faults: Faults): Failure[] {
  return [...partFaults(faults).filter(({ parts }) => parts.length > 0), ...(faults.refusals ?? [])]
}

function partFaults({ specFaults = [], kindFaults = [], releaseFaults = [] }: Faults): PartFault[] {
  return [...specFaults, ...kindFaults, ...releaseFaults]
}
