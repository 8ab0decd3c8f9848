import { tool } from '@chat-app/sandbox-machine'
import { execFile } from 'node:child_process'
import { globSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Finding } from './finding.ts'

/** The grade of a check that passed; warnings and critical findings have lower grades. */
const GRADE_OK = 7
const KUBERNETES_VERSION = 'v1.34'

/**
 * The findings of kube-score in the manifests of all clusters below a folder, including the preview: the objects that
 * the operator will create.
 *
 * @throws Error when kube-score fails or takes longer than 60 s for a cluster
 */
export async function kubeScore(folder: string): Promise<Finding[]> {
  const program = await tool('kube-score')
  const clusters = Map.groupBy(globSync('**/*.yaml', { cwd: folder }).sort(), (path) =>
    dirname(path.replace('preview/', '')),
  )
  const found = [...clusters].map(async ([cluster, paths]) => {
    const files = paths.map((path) => join(folder, path))
    const args = ['score', '--output-format', 'json', '--kubernetes-version', KUBERNETES_VERSION, ...files]
    return (JSON.parse(await output(program, args)) as Scored[]).flatMap((scored) => findingsOf(scored, cluster))
  })
  return (await Promise.all(found)).flat()
}

function findingsOf({ type_meta, object_meta, checks }: Scored, cluster: string): Finding[] {
  const { name, namespace } = object_meta
  const object = `${type_meta.kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`
  return (checks ?? [])
    .filter(({ skipped, grade }) => !skipped && grade < GRADE_OK)
    .map(({ check, comments }) => {
      const text = [...new Set((comments ?? []).map(({ summary }) => summary))].join('; ')
      return { tool: 'kube-score', check: check.id, object, cluster, text }
    })
}

interface Scored {
  readonly type_meta: { readonly kind: string }
  readonly object_meta: { readonly name: string; readonly namespace?: string }
  readonly checks: readonly Check[] | null
}

interface Check {
  readonly check: { readonly id: string }
  readonly grade: number
  readonly skipped: boolean
  readonly comments: readonly { readonly summary: string }[] | null
}

/** Runs kube-score. The exit code 1 is no error: it means that there are critical findings. */
function output(program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(program, args, { maxBuffer: 64 * 1024 * 1024, timeout: 60_000 }, (error, stdout, stderr) => {
      if (error !== null && error.code !== 1) reject(new Error(`kube-score: ${stderr || error.message}`))
      else resolve(stdout)
    })
  })
}
