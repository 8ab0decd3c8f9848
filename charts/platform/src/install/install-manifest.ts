import { crd } from '@chat-app/crds'
import { App, Chart, Yaml } from 'cdk8s'
import { defaultValues } from './helm/values.ts'
import { operatorInstall } from './operator-install.ts'
import { namespace } from '../objects/namespace.ts'
import type { HelmChartOptions } from './helm/chart.ts'
import type { OperatorValues } from '../environment/operator.ts'
import type { KubernetesObject } from '@chat-app/chat'

/** The namespace of the operator. */
const NAMESPACE = 'chat-app-system'

/** The objects of `install.yaml`, in the order to apply them: CRD, namespaces, permissions, Deployment. */
export function installObjects(options: HelmChartOptions): KubernetesObject[] {
  const values = installValues(options)
  return [crd(), ...watchedNamespaces(values), ...operatorInstall(values)]
}

/** `install.yaml`: one file that installs the operator of a release on a cluster. */
export function installManifest(options: HelmChartOptions): string {
  return Yaml.stringify(...installObjects(options))
}

/** The values of `install.yaml`: the defaults of the Helm chart. */
export function installValues({ version, registry }: HelmChartOptions): OperatorValues {
  const { replicas, watchNamespaces, resources } = defaultValues(registry)
  return {
    namespace: NAMESPACE,
    image: `${registry}/operator:${version}`,
    version,
    replicas,
    watchNamespaces,
    resources,
  }
}

/** The operator has a Role in each watched namespace, so the namespaces come first. */
function watchedNamespaces({ watchNamespaces }: OperatorValues): KubernetesObject[] {
  const chart = new Chart(new App(), 'namespaces', { disableResourceNameHashes: true })
  for (const name of watchNamespaces) namespace(chart, name)
  return chart.toJson() as KubernetesObject[]
}
