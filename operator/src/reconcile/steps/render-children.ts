import type { Model } from '@chat-app/chat'
import type { OwnedFacts } from '../../observe/facts.ts'
import { render } from '../../plan/render.ts'
import type { KubeObject } from '../../runtime/types.ts'
import type { Subject } from '../operator.ts'
import type { Choice } from './choose-release.ts'

interface Needs extends Subject {
  readonly model: Model
  readonly facts: OwnedFacts
  readonly choice: Choice
}

/** Renders the children: sealed, in the order in which they are applied. */
export function renderChildren({ model, facts, choice }: Needs): { rendered: readonly KubeObject[] } {
  const jobs = choice.children.filter(({ kind }) => kind === 'Job').map(({ metadata }) => metadata.name)
  return { rendered: render({ ...choice, model, facts, jobs: new Set(jobs) }) }
}
