import { App, Chart } from 'cdk8s'
import type { KubernetesObject } from '@chat-app/chat'
import type { Cluster } from '../environment/cluster.ts'
import { database } from '../parts/database/index.ts'

/** The objects of a cluster's database alone. */
export function databaseObjects(cluster: Cluster): KubernetesObject[] {
  const chart = new Chart(new App(), 'database', { disableResourceNameHashes: true })
  database(chart, cluster)
  return chart.toJson() as KubernetesObject[]
}
