import type { Subcommand } from '../../command/subcommand.ts'
import type { StoredChatApp } from '../../cluster/objects.ts'
import { called, decision } from './decision.ts'

/** A command that sets a field of the spec to true, or to false again. */
interface FieldSwitch {
  readonly name: string
  readonly summary: string
  readonly about: string
  /** When one would use it. */
  readonly example: string
  readonly field: 'paused' | 'hibernated'
  readonly to: boolean
  /** What follows, in sentences, as for `decision`. */
  readonly what: (chatApp: StoredChatApp) => string
  /** Ends of the sentences that begin with the ChatApp: there is nothing to do, and it is done. */
  readonly already: string
  readonly done: string
}

export function fieldSwitch({
  name,
  summary,
  about,
  example,
  field,
  to,
  what,
  already,
  done,
}: FieldSwitch): Subcommand {
  return decision({
    name,
    summary,
    about: [about],
    options: {},
    examples: { [`kubectl chatapp ${name} chat-app -n chat-app`]: example },
    plan({ chatApp }) {
      if (chatApp.spec[field] === to) return `${called(chatApp)} ${already}`
      return {
        what: `${called(chatApp)}: ${what(chatApp)}`,
        patch: { spec: { [field]: to } },
        done: `${called(chatApp)} ${done}`,
      }
    },
  })
}

/** What a paused ChatApp adds to a question. */
export function held({ spec }: { readonly spec: { readonly paused: boolean } }): string {
  return spec.paused ? ' It is paused, so this begins only after "resume".' : ''
}
