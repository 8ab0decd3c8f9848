import { PLUGIN_VERSION } from '../../../version.ts'
import { error, ok, skipped, warning, type Finding } from '../finding.ts'
import type { InstalledOperator } from '../operator.ts'
import type { Check } from '../site.ts'

const WHERE = 'chat-app-operator'
const INSTALL = 'install it (docs/install.md)'

/** Whether an operator runs, watches the namespace, and is of a release that fits this plugin. */
export const operatorCheck: Check = {
  name: 'Operator',
  async run({ operators: find, namespace }) {
    const { operators, unread } = await find()
    const watching = operators.filter(({ watches }) => watches.includes(namespace))
    if (watching.length === 0 && unread !== undefined) return [skipped(WHERE, `not read: ${unread}`)]
    if (operators.length === 0) return [missing()]
    if (watching.length === 0) return [notWatching(operators, namespace)]
    const several = watching.length > 1 ? [conflicting(watching, namespace)] : []
    return [...several, ...watching.flatMap(findingsOf)]
  },
}

function missing(): Finding {
  const why = 'a ChatApp is stored, and nothing happens'
  return error({ reason: 'NoOperator', where: WHERE, what: 'no operator is installed', why, fix: INSTALL })
}

function notWatching(operators: readonly InstalledOperator[], namespace: string): Finding {
  const seen = operators.map((each) => `${called(each)} watches ${each.watches.join(', ')}`).join('; ')
  return error({
    reason: 'NotWatched',
    where: operators.map(called).join(', '),
    what: `no operator watches the namespace ${namespace}: ${seen}`,
    why: 'a ChatApp there is stored, and nothing happens',
    fix: `add ${namespace} to watchNamespaces of its install, which also gives it the permissions there`,
  })
}

function conflicting(watching: readonly InstalledOperator[], namespace: string): Finding {
  return error({
    reason: 'SeveralOperators',
    where: watching.map(called).join(', '),
    what: `${watching.length} operators watch the namespace ${namespace}`,
    why: 'each sets back what the other one writes',
    fix: 'let one of them alone watch it (watchNamespaces)',
  })
}

function findingsOf(operator: InstalledOperator): Finding[] {
  const where = called(operator)
  const { ready, version, namespace, name } = operator
  const findings: Finding[] = []
  if (ready === 0)
    findings.push(
      error({
        reason: 'OperatorNotReady',
        where,
        what: 'has no ready pod',
        why: 'nothing is rolled out, repaired or scaled until it runs',
        fix: `kubectl get pods -n ${namespace}; kubectl logs deployment/${name} -n ${namespace}`,
      }),
    )
  if (version !== '' && minorOf(version) !== minorOf(PLUGIN_VERSION))
    findings.push(
      warning({
        reason: 'OtherVersion',
        where,
        what: `is ${version}, and this plugin is ${PLUGIN_VERSION}`,
        why: 'this plugin knows the fields, Secrets and permissions of its own minor version',
        fix: `use the plugin of ${version}`,
      }),
    )
  return findings.length > 0 ? findings : [ok(where, `${version || 'without a version'}, ${ready} ready`)]
}

function called({ namespace, name }: InstalledOperator): string {
  return `Deployment/${name} in ${namespace}`
}

function minorOf(version: string): string {
  return version.replace(/^v/, '').split('.', 2).join('.')
}
