import type { Fault } from '@chat-app/chat/constructs'
import type { Environment } from '../../environment/environment.ts'
import { backupRules } from './backups.ts'
import { customRules } from './custom.ts'
import { certificateRules } from './certificates.ts'
import { hostRules } from './hosts.ts'
import { nameRules } from './names.ts'
import { namespaceRules } from './namespaces.ts'
import { partRules } from './parts.ts'
import { referenceRules } from './references.ts'
import { regionRules } from './regions.ts'
import type { Rule } from './rule.ts'

const rules: readonly Rule[] = [
  ...partRules,
  ...namespaceRules,
  ...regionRules,
  ...hostRules,
  ...nameRules,
  ...referenceRules,
  ...certificateRules,
  ...backupRules,
  ...customRules,
]

/** The faults between parts of an environment. A rule that reads a part of the wrong shape is skipped. */
export function ruleFaults(environment: Environment, unreadableParts: ReadonlySet<PropertyKey | undefined>): Fault[] {
  // The values are not an object, so no part can be read.
  if (unreadableParts.has(undefined)) return []
  return rules
    .filter(({ of }) => !of.some((part) => unreadableParts.has(part)))
    .flatMap((rule) => rule.faults(environment))
}
