import { HELD_BY_PART, neededKinds, type Model } from '@chat-app/chat'
import { apiVersionOf, kindOf, OPTIONAL_CHILDREN } from '@chat-app/chat/resources'
import { factsOf, type OwnedFacts } from '../../observe/facts.ts'
import type { PartFault } from '../../plan/failure.ts'
import type { Kinds } from '../../runtime/discovery.ts'
import type { Subject } from '../operator.ts'

/** Finds the facts of the cluster that the children depend on, and the kinds that the ChatApp needs and the cluster lacks. */
export async function gatherFacts({ operator, chatApp, model }: Subject & { readonly model: Model }): Promise<{
  kinds: Kinds
  facts: OwnedFacts
  kindFaults: readonly PartFault[]
}> {
  const kinds = await operator.discovery.kinds()
  const missing = neededKinds(model).filter(({ kind }) => !kinds.has(kind))
  const kindFaults = missing.map(({ kind, field, part }): PartFault => ({
    kind: 'stalled',
    reason: 'KindNotInstalled',
    message: `${field} needs the kind ${versioned(kind)}, which the cluster lacks; meanwhile ${HELD_BY_PART[part]} stays as it is`,
    parts: [part],
  }))
  return { kinds, facts: factsOf(chatApp, model, operator.world, kinds), kindFaults }
}

/** The kind with the version in which it is rendered, since a cluster may serve another one. */
function versioned(kind: string): string {
  const child = OPTIONAL_CHILDREN.find((each) => kindOf(each) === kind)
  return child === undefined ? kind : `${apiVersionOf(child)} ${child.kind}`
}
