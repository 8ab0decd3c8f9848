import { applied, type Cluster } from '@chat-app/platform'
import { clusters } from '../clusters.ts'

/** A rule of Prometheus. */
export interface Rule {
  readonly alert?: string
  readonly record?: string
  readonly expr: string
  readonly for?: string
  readonly labels?: { readonly severity: string }
  readonly annotations?: Readonly<Record<'summary' | 'description' | 'runbook_url', string>>
}

export interface RuleFile {
  readonly groups: readonly { readonly name: string; readonly rules: readonly Rule[] }[]
}

/** Clusters with monitoring. */
export const watched = clusters.filter(({ environment }) => environment.monitoring !== undefined)

/** The rules of a cluster, as the Prometheus operator passes them to Prometheus. */
export function ruleFile(cluster: Cluster): RuleFile {
  const objects = applied(cluster).filter(({ kind }) => kind === 'PrometheusRule')
  return { groups: objects.flatMap((object) => (object['spec'] as RuleFile).groups) }
}

export function alertsOf(file: RuleFile): Rule[] {
  return file.groups.flatMap(({ rules }) => rules).filter(({ alert }) => alert !== undefined)
}

/**
 * The cluster with the most alerts: a region that follows another.
 *
 * @throws Error when no cluster has monitoring
 */
export function fullest(): Cluster {
  const bySize = watched.toSorted((a, b) => alertsOf(ruleFile(b)).length - alertsOf(ruleFile(a)).length)
  const [first] = bySize
  if (first === undefined) throw new Error('no environment has monitoring')
  return first
}
