import { Yaml } from 'cdk8s'
import { OPERATOR } from '../operator/labels.ts'
import { notes, readme, valuesFile } from './texts.ts'
import { templates } from './templates.ts'
import { defaultValues, valuesSchema } from './values.ts'

export interface HelmChartOptions {
  /** The release, a semantic version without `v`: of the chart and of the operator's image. */
  readonly version: string
  /** The part of the image's name before `/operator`, such as `registry.example.com/chat-app`. */
  readonly registry: string
}

/** The oldest release of Kubernetes that the tests run on. */
const KUBERNETES = '>=1.34.0-0'

/** The files of the operator's Helm chart: text by path, `Chart.yaml` first. The same input gives the same text. */
export function helmChart({ version, registry }: HelmChartOptions): Record<string, string> {
  return {
    'Chart.yaml': Yaml.stringify(chartFile(version)),
    'values.yaml': valuesFile(defaultValues(registry)),
    'values.schema.json': `${JSON.stringify(valuesSchema(), null, 2)}\n`,
    ...templates(),
    'templates/NOTES.txt': notes,
    'README.md': readme(version, registry),
  }
}

/** The name of the chart, and of the folder in its archive. */
export const CHART = OPERATOR

function chartFile(version: string): object {
  return {
    apiVersion: 'v2',
    name: CHART,
    description: 'The operator that runs chat systems from ChatApp resources',
    type: 'application',
    version,
    appVersion: version,
    kubeVersion: KUBERNETES,
    keywords: ['chat', 'operator', 'websocket'],
    annotations: { licenses: 'Apache-2.0' },
  }
}
