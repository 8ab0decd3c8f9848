import type { Finding } from './finding.ts'
import type { Exception } from './exceptions.ts'

/** The difference between the findings and the exceptions; both lists are empty when the check passes. */
export interface Verdict {
  /** Findings without an exception, one per line, with the clusters that have it. */
  readonly unexplained: readonly string[]
  /** Exceptions without a finding. */
  readonly unused: readonly string[]
}

/**
 * Compares the findings with the exceptions.
 *
 * @param ran the tools that ran; the exceptions of others are not reported as unused
 */
export function judge(
  findings: readonly Finding[],
  exceptions: readonly Exception[],
  ran: readonly Finding['tool'][],
): Verdict {
  const open = findings.filter((finding) => !exceptions.some((exception) => explains(exception, finding)))
  const alike = Map.groupBy(open, ({ tool, check, object, text }) => `${tool} ${check}: ${object}: ${text}`)
  return {
    unexplained: [...alike].map(
      ([line, group]) => `${line} (${[...new Set(group.map(({ cluster }) => cluster))].join(', ')})`,
    ),
    unused: exceptions
      .filter(({ tool }) => ran.includes(tool))
      .filter((exception) => !findings.some((finding) => explains(exception, finding)))
      .map(({ tool, check, objects }) => `${tool} ${check}: ${objects.join(', ')}`),
  }
}

function explains({ tool, check, objects }: Exception, finding: Finding): boolean {
  return tool === finding.tool && check === finding.check && objects.some((pattern) => matches(pattern, finding.object))
}

/** Whether a name matches a pattern, in which `*` stands for any text. */
function matches(pattern: string, object: string): boolean {
  return new RegExp(
    `^${pattern
      .split('*')
      .map((text) => RegExp.escape(text))
      .join('.*')}$`,
  ).test(object)
}
