import { neededKinds, type Model } from '@chat-app/chat'
import { apiVersionOf, kindOf, OPTIONAL_CHILDREN } from '@chat-app/chat/resources'
import { factsOf, type OwnedFacts } from '../../observe/facts.ts'
import { Stalled } from '../../plan/failure.ts'
import type { Kinds } from '../../runtime/discovery.ts'
import type { Subject } from '../operator.ts'

/** Finds the facts of the cluster that the children depend on. @throws Stalled when a kind that the ChatApp needs is missing */
export async function gatherFacts({ operator, chatApp, model }: Subject & { readonly model: Model }): Promise<{
  kinds: Kinds
  facts: OwnedFacts
}> {
  const kinds = await operator.discovery.kinds()
  const missing = neededKinds(model).find(({ kind }) => !kinds.has(kind))
  if (missing !== undefined) {
    const child = OPTIONAL_CHILDREN.find((each) => kindOf(each) === missing.kind)
    const kind = child === undefined ? missing.kind : `${apiVersionOf(child)} ${child.kind}`
    const message = `${missing.field} needs the kind ${kind}, which the cluster lacks`
    throw new Stalled('KindNotInstalled', message)
  }
  return { kinds, facts: factsOf(chatApp, model, operator.world, kinds) }
}
