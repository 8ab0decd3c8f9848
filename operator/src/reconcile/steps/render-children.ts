import type { Model } from '@chat-app/chat'
import type { OwnedFacts } from '../../observe/facts.ts'
import { render, type Rendered } from '../../plan/render.ts'
import type { KubeObject } from '../../runtime/types.ts'
import type { Subject } from '../operator.ts'

/** Renders the children, and reads the live ones, since the number of the rollout depends on them. */
export function renderChildren({
  operator,
  chatApp,
  model,
  facts,
}: Subject & { readonly model: Model; readonly facts: OwnedFacts }): {
  children: readonly KubeObject[]
  rendered: Rendered
} {
  const children = operator.world.children(chatApp)
  return { children, rendered: render(model, facts, children) }
}
