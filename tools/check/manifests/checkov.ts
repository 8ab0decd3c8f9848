import { checkov as checkovProgram } from '@chat-app/sandbox-machine'
import { execFile } from 'node:child_process'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import type { Finding } from './finding.ts'

/** Without network access. */
const ARGS = ['--framework', 'kubernetes', '--compact', '--quiet', '--soft-fail', '--skip-download', '--output', 'json']

/**
 * The findings of checkov in the manifests of all clusters below a folder, including the preview. One run for all
 * files, because checkov starts slowly.
 *
 * @throws Error when checkov fails or takes longer than 120 s
 */
export async function checkov(folder: string): Promise<Finding[]> {
  const options = { maxBuffer: 256 * 1024 * 1024, timeout: 120_000 }
  const { stdout } = await promisify(execFile)(await checkovProgram(), [...ARGS, '--directory', folder], options)
  const report = JSON.parse(stdout) as Report | { readonly failed: number }
  // The report has no `results` when there are no findings.
  if (!('results' in report)) return []
  return report.results.failed_checks.map(({ check_id, check_name, file_path, resource }) => ({
    tool: 'checkov',
    check: check_id,
    object: objectName(resource),
    cluster: dirname(file_path.replace('preview/', '')).slice(1),
    text: check_name,
  }))
}

interface Report {
  readonly results: { readonly failed_checks: readonly Failed[] }
}

interface Failed {
  readonly check_id: string
  readonly check_name: string
  readonly file_path: string
  /** Such as `Deployment.chat-app.chat-app-api`; for the pod of a template, its labels follow. */
  readonly resource: string
}

function objectName(resource: string): string {
  const [kind = '', namespace = '', name = ''] = resource.split('.')
  return `${kind} ${namespace === 'default' || namespace === '' ? '' : `${namespace}/`}${name}`
}
