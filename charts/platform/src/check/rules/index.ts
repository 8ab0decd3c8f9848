import type { Fault } from '@chat-app/chat/constructs'
import type { Environment } from '../../environment/environment.ts'
import { backupRules } from './backups.ts'
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
]

/** What is wrong between the parts of an environment, but for those that do not have their shape. */
export function ruleFaults(environment: Environment, misshapen: ReadonlySet<PropertyKey | undefined>): Fault[] {
  // Of values that are no object, everything is misshapen.
  if (misshapen.has(undefined)) return []
  return rules.filter(({ of }) => !of.some((part) => misshapen.has(part))).flatMap((rule) => rule.faults(environment))
}
