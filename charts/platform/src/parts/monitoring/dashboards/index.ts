import type { Chart } from 'cdk8s'
import type { Environment } from '../../../environment/environment.ts'
import { isOperated } from '../../../environment/redis.ts'
import { dashboardObject, type Dashboard } from './dashboard.ts'
import { mysqlDashboard } from './mysql.ts'
import { operatorDashboard } from './operator.ts'
import { redisDashboard } from './redis.ts'
import { serviceDashboard } from './service.ts'

/** The dashboards of the parts that the environment has. */
export function dashboards(chart: Chart, environment: Environment, home: string): void {
  for (const dashboard of all(environment)) dashboardObject(chart, home, dashboard)
}

function all({ chatApp, operator, dataNamespace, database, redis }: Environment): Dashboard[] {
  const isMeasured = isOperated(redis) && redis.exporterImage !== undefined
  return [
    serviceDashboard(chatApp),
    operatorDashboard(operator.namespace),
    ...(isMeasured ? [redisDashboard(dataNamespace, redis.kind === 'cluster')] : []),
    ...(database.kind === 'pxc' && database.exporterImage !== undefined
      ? [mysqlDashboard(dataNamespace, database.size)]
      : []),
  ]
}
