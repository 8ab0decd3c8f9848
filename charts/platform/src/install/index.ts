export { type OperatorValues, withImage } from '../environment/operator.ts'
export { CHART, type HelmChartOptions, helmChart } from './helm/chart.ts'
export { installManifests, installObjects } from './install-manifest.ts'
export { operatorInstall } from './operator-install.ts'
