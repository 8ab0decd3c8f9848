import { ChatAppSpec } from '@chat-app/crds'
import type { z } from 'zod'
import { fieldOf, faultText, shown } from '@chat-app/chat/constructs'
import { keyFault } from './closest-key.ts'
import { messageOf } from '../environment/messages.ts'
import { ruleFaults } from './rules/index.ts'
import { plainDataFaults } from './plain-data.ts'
import { EnvironmentError, environmentValues, type Environment } from '../environment/environment.ts'

const SPEC_PATH = ['chatApp', 'spec']

/**
 * The values of an environment, checked.
 *
 * @throws EnvironmentError that lists every fault, one line each
 */
export function validated(values: Environment): Environment {
  const notPlain = plainDataFaults(values)
  if (notPlain.length > 0) throw notValid(nameOf(values), notPlain)
  const parsed = environmentValues.safeParse(values, { error: messageOf })
  const issues = parsed.error?.issues ?? []
  const faults = [
    ...issues.flatMap((issue) => issueFaults(issue, values)),
    ...ruleFaults(values, unreadableParts(issues)).map((fault) => faultText(fault, values)),
  ]
  if (faults.length > 0) throw notValid(nameOf(values), [...new Set(faults)])
  return parsed.data as Environment
}

function nameOf(values: unknown): unknown {
  return (values as { readonly name?: unknown } | null | undefined)?.name
}

/** The error for an environment with these faults, one line each. */
export function notValid(name: unknown, faults: readonly string[], cause?: unknown): EnvironmentError {
  return new EnvironmentError([`environment ${shown(name)} is not valid:`, ...faults].join('\n  '), { cause })
}

/** The parts of the environment with the wrong shape: rules cannot read them. */
function unreadableParts(issues: readonly z.core.$ZodIssue[]): ReadonlySet<PropertyKey | undefined> {
  const shapeIssues = issues.filter(({ code }) => code !== 'custom' && code !== 'unrecognized_keys')
  return new Set(shapeIssues.map(({ path }) => path[0]))
}

function issueFaults(issue: z.core.$ZodIssue, values: Environment): string[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => {
      const field = fieldOf([...issue.path, key])
      const isSpec = SPEC_PATH.every((step, index) => issue.path[index] === step)
      const message = isSpec
        ? keyFault(ChatAppSpec, values.chatApp.spec, issue.path.slice(SPEC_PATH.length), key)
        : keyFault(environmentValues, values, issue.path, key)
      return `${field}: ${message}`
    })
  // zod reports only that the key is invalid. The reason is in the nested issues.
  if (issue.code === 'invalid_key')
    return [`${fieldOf(issue.path)}: there is no such key; ${issue.issues.map(({ message }) => message).join('; ')}`]
  return [faultText(issue, values)]
}
