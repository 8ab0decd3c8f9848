import { KubeConfigMap } from 'cdk8s-plus-27/lib/imports/k8s.js'
import type { Chart } from 'cdk8s'
import { commonLabels } from '../labels.ts'
import type { Model } from '../model.ts'
import { productionYml } from '../production-yml.ts'

/**
 * The ConfigMap with the configuration of the services. Its name follows from its content, and it never changes, so that
 * a pod which restarts reads the configuration of its own release.
 */
export function config(chart: Chart, model: Model): void {
  new KubeConfigMap(chart, 'config', {
    metadata: { name: model.names.config, labels: commonLabels(model) },
    immutable: true,
    data: { [CONFIG_KEY]: productionYml(model.spec) },
  })
}

const CONFIG_KEY = 'production.yml'
