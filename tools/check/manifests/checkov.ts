import { checkov as checkovProgram } from '@chat-app/sandbox-machine'
import { execFile } from 'node:child_process'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import type { Finding } from './finding.ts'

/** One run for all files, because most of its time is its start; without network access. */
const ARGS = ['--framework', 'kubernetes', '--compact', '--quiet', '--soft-fail', '--skip-download', '--output', 'json']

/** The findings of checkov in the manifests of all clusters below a folder, including the preview. */
export async function checkov(folder: string): Promise<Finding[]> {
  const options = { maxBuffer: 256 * 1024 * 1024, timeout: 120_000 }
  const { stdout } = await promisify(execFile)(await checkovProgram(), [...ARGS, '--directory', folder], options)
  const report = JSON.parse(stdout) as Report | { readonly failed: number }
  // Without any finding its report has another form.
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
  /** `Deployment.chat-app.chat-app-api`; the labels follow for a pod of a template. */
  readonly resource: string
}

function objectName(resource: string): string {
  const [kind = '', namespace = '', name = ''] = resource.split('.')
  return `${kind} ${namespace === 'default' || namespace === '' ? '' : `${namespace}/`}${name}`
}
