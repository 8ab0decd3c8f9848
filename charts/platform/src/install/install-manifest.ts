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

/** The files of an installation with kubectl. */
type InstallFile = 'install-crd.yaml' | 'install.yaml'

/**
 * The objects of both files, in the order to apply them. `kubectl delete -f install.yaml` removes the operator alone:
 * the CRD and the namespaces, with which all ChatApps and Secrets would go, are in a file of their own.
 */
export function installObjects(options: HelmChartOptions): Record<InstallFile, KubernetesObject[]> {
  const values = installValues(options)
  const operator = operatorInstall(values)
  const isNamespace = ({ kind }: KubernetesObject) => kind === 'Namespace'
  return {
    'install-crd.yaml': [crd(), ...watchedNamespaces(values), ...operator.filter(isNamespace)],
    'install.yaml': operator.filter((object) => !isNamespace(object)),
  }
}

/** The texts of both files. */
export function installManifests(options: HelmChartOptions): Record<InstallFile, string> {
  const objects = installObjects(options)
  return {
    'install-crd.yaml': Yaml.stringify(...objects['install-crd.yaml']),
    'install.yaml': Yaml.stringify(...objects['install.yaml']),
  }
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
