import { crd } from '@chat-app/crds'
import { Yaml } from 'cdk8s'
import { OPERATOR } from '../operator/labels.ts'
import type { OperatorValues } from '../../environment/operator.ts'
import { operatorInstall } from '../operator-install.ts'
import type { KubernetesObject } from '@chat-app/chat'

/** The values in the rendered objects that become expressions of a template. */
const PLACEHOLDERS = {
  namespace: 'PLACEHOLDER_NAMESPACE',
  image: 'PLACEHOLDER_IMAGE',
  version: 'PLACEHOLDER_VERSION',
  watched: 'PLACEHOLDER_WATCHED',
  read: 'PLACEHOLDER_READ',
  pullSecret: 'PLACEHOLDER_PULL_SECRET',
  requestsCpu: 'PLACEHOLDER_REQUESTS_CPU',
  requestsMemory: 'PLACEHOLDER_REQUESTS_MEMORY',
  limitsCpu: 'PLACEHOLDER_LIMITS_CPU',
  limitsMemory: 'PLACEHOLDER_LIMITS_MEMORY',
  // A number, because the field is one. No other field has this value.
  replicas: 987_654_321,
} as const

type Expressions = Partial<Record<keyof typeof PLACEHOLDERS, string>>

const SHARED_EXPRESSIONS: Expressions = {
  namespace: '{{ $.Release.Namespace | quote }}',
  version: '{{ $.Chart.AppVersion | quote }}',
}

const HELPERS = `{{- define "${OPERATOR}.image" -}}
{{- with $.Values.image -}}
{{ .registry }}/operator:{{ .tag | default $.Chart.AppVersion }}{{ with .digest }}@{{ . }}{{ end }}
{{- end -}}
{{- end -}}
`

/**
 * The chart's templates by path: the objects of `operatorInstall`, with Helm expressions for the values. The namespace
 * is left out: Helm installs into the namespace of the release.
 */
export function templates(): Record<string, string> {
  const objects = operatorInstall(placeholderValues())
  const inNamespace = (namespace: string) => objects.filter(({ metadata }) => metadata.namespace === namespace)
  return {
    'templates/_helpers.tpl': HELPERS,
    'templates/crd.yaml': crdTemplate(),
    'templates/operator.yaml': operatorTemplate(inNamespace(PLACEHOLDERS.namespace)),
    'templates/watched-namespaces.yaml': rangeTemplate('watchNamespaces', 'watched', inNamespace(PLACEHOLDERS.watched)),
    'templates/cluster-namespaces.yaml': rangeTemplate('clusterNamespaces', 'read', inNamespace(PLACEHOLDERS.read)),
  }
}

function placeholderValues(): OperatorValues {
  const { namespace, image, version, replicas, watched, read, pullSecret } = PLACEHOLDERS
  const { requestsCpu, requestsMemory, limitsCpu, limitsMemory } = PLACEHOLDERS
  return {
    namespace,
    image,
    version,
    replicas,
    watchNamespaces: [watched],
    clusterNamespaces: [read],
    imagePullSecrets: [pullSecret],
    resources: {
      requests: { cpu: requestsCpu, memory: requestsMemory },
      limits: { cpu: limitsCpu, memory: limitsMemory },
    },
  }
}

/**
 * The CRD as a template: Helm installs the files of a chart's folder `crds` once and never upgrades them. `helm
 * uninstall` keeps it, and with it all ChatApps.
 */
function crdTemplate(): string {
  const { metadata, ...rest } = crd()
  const kept = { ...rest, metadata: { ...metadata, annotations: { 'helm.sh/resource-policy': 'keep' } } }
  const text = Yaml.stringify(kept).replaceAll('{{', '{{ "{{" }}')
  return `{{- if $.Values.crds.install }}\n${text}{{- end }}\n`
}

function operatorTemplate(objects: readonly KubernetesObject[]): string {
  const text = Yaml.stringify(...objects)
  const optional = text.replace(
    /^( *)imagePullSecrets:\n( *- name: )PLACEHOLDER_PULL_SECRET\n/m,
    '{{- with $.Values.imagePullSecrets }}\n$1imagePullSecrets:\n{{- range . }}\n$2{{ . | quote }}\n{{- end }}\n{{- end }}\n',
  )
  return withExpressions(optional, {
    ...SHARED_EXPRESSIONS,
    image: `{{ include "${OPERATOR}.image" $ | quote }}`,
    replicas: '{{ $.Values.replicas }}',
    watched: '{{ join "," $.Values.watchNamespaces | quote }}',
    requestsCpu: '{{ $.Values.resources.requests.cpu | quote }}',
    requestsMemory: '{{ $.Values.resources.requests.memory | quote }}',
    limitsCpu: '{{ $.Values.resources.limits.cpu | quote }}',
    limitsMemory: '{{ $.Values.resources.limits.memory | quote }}',
  })
}

function rangeTemplate(value: string, name: 'watched' | 'read', objects: readonly KubernetesObject[]): string {
  const text = withExpressions(Yaml.stringify(...objects), { ...SHARED_EXPRESSIONS, [name]: '{{ . | quote }}' })
  return `{{- range $.Values.${value} }}\n---\n${text}{{- end }}\n`
}

/** @throws Error when the text has no placeholder for an expression, or a placeholder without an expression */
function withExpressions(text: string, expressions: Expressions): string {
  let result = text
  for (const [name, expression] of Object.entries(expressions)) {
    const placeholder = new RegExp(`\\b${PLACEHOLDERS[name as keyof typeof PLACEHOLDERS]}\\b`, 'g')
    if (!placeholder.test(result)) throw new Error(`Helm chart: no object has a place for ${name}`)
    result = result.replace(placeholder, () => expression)
  }
  const left = /PLACEHOLDER_\w+/.exec(result)
  if (left) throw new Error(`Helm chart: no expression for ${left[0]}`)
  return result
}
