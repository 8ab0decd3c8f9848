import { manifests, type Cluster } from '@chat-app/platform'
import { tool } from '@chat-app/sandbox-machine'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { stringify } from 'yaml'
import type { Command } from './contestants.ts'

/**
 * Writes a Helm chart for each cluster and returns the commands that render them: the same objects in the same files.
 * Names, namespaces, replicas and images come from the values, as in a chart that people write.
 *
 * @param folder gets the charts and the output
 */
export async function helmCommands(clusters: readonly Cluster[], folder: string): Promise<Command[]> {
  const helm = await tool('helm')
  return clusters.map((cluster) => {
    const chart = join(folder, cluster.folder)
    writeChart(chart, cluster)
    const argv = [helm, 'template', 'chat-app', chart, '--output-dir', join(folder, 'rendered', cluster.folder)]
    return { argv, env: { HELM_CACHE_HOME: join(folder, 'helm') } }
  })
}

function writeChart(chart: string, cluster: Cluster): void {
  const values: Record<string, unknown> = {}
  write(join(chart, 'Chart.yaml'), stringify({ apiVersion: 'v2', name: 'chat-app', version: '0.1.0' }))
  for (const { path, objects } of manifests(cluster)) {
    const texts = objects.map((object) => template(stringify(object, { lineWidth: 0 }), values))
    write(join(chart, 'templates', path), texts.join('---\n'))
  }
  write(join(chart, 'values.yaml'), stringify({ fields: values }))
}

/** Lines whose value moves to the values of the chart. */
const FIELD = /^( *(?:- )?(?:name|namespace|replicas|image|version|size|cpu|memory|storage): )(\S+)$/gm

/** Turns a manifest into a template: escapes its braces, and moves the values of FIELD lines to `values`. */
function template(text: string, values: Record<string, unknown>): string {
  const escaped = text.replaceAll('{{', '{{ "{{" }}')
  return escaped.replace(FIELD, (line, key: string, value: string) => {
    if (value.includes('{')) return line
    const name = `v${Object.keys(values).length}`
    values[name] = value.replaceAll('"', '')
    return `${key}{{ .Values.fields.${name}${value.startsWith('"') ? ' | quote' : ''} }}`
  })
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}
