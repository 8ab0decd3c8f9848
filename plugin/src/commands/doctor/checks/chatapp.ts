import { readJson, readObject } from '../../../cluster/read.ts'
import { error, ok, type Finding } from '../finding.ts'
import type { Check, Site } from '../site.ts'

/** Whether the namespace is there and the API server takes the ChatApp, by a dry run of its apply. */
export const chatAppCheck: Check = {
  name: 'ChatApp',
  async run(site) {
    const findings = [...(await namespaceOf(site)), ...site.faults.map(faultOf)]
    if (findings.some(({ level }) => level === 'error') || !site.isFile) return orOk(findings, site)
    return orOk([...findings, ...(await dryRun(site))], site)
  },
}

function orOk(findings: readonly Finding[], { isFile, model }: Site): readonly Finding[] {
  if (findings.length > 0) return findings
  return [ok('spec', isFile ? 'the API server takes it' : `valid, version ${model.version}`)]
}

export function faultOf(message: string): Finding {
  return error({
    reason: 'InvalidSpec',
    where: message.split(':', 1)[0] ?? 'spec',
    what: message,
    why: 'the operator does not apply what comes from this field',
    fix: 'correct the field; "kubectl explain chatapp.spec" describes it',
  })
}

async function namespaceOf({ cluster, namespace }: Site): Promise<Finding[]> {
  const read = await readObject(cluster, { kind: 'namespaces', name: namespace })
  // Who may not read namespaces learns it from the dry run.
  if (read.is !== 'missing') return []
  return [
    error({
      reason: 'MissingNamespace',
      where: `Namespace/${namespace}`,
      what: 'does not exist',
      why: 'the ChatApp, its Secrets and the permissions of the operator belong into it',
      fix: `kubectl create namespace ${namespace}, and let the operator watch it`,
    }),
  ]
}

/** Nothing is stored by a dry run. What it lacks a permission or a kind for is found by other checks. */
async function dryRun({ cluster, chatApp, namespace }: Site): Promise<Finding[]> {
  const args = ['apply', '--dry-run=server', '--filename', '-', '--namespace', namespace, '--output', 'json']
  const read = await readJson(cluster, args, JSON.stringify(chatApp))
  if (read.is !== 'failed') return []
  return [
    error({
      reason: 'Refused',
      where: 'spec',
      what: `the API server refuses it: ${read.reason}`,
      why: '"kubectl apply" would fail',
      fix: 'change what the message names',
    }),
  ]
}
