import type { HelmValues } from './values.ts'

/** values.yaml with a comment for each value. */
export function valuesFile({ image, replicas, watchNamespaces, resources, crds }: HelmValues): string {
  const { requests, limits } = resources
  return `# The operator's image: REGISTRY/operator:TAG[@DIGEST]
image:
  registry: ${image.registry}
  # The chart's own release when empty.
  tag: '${image.tag}'
  # sha256:..., which takes precedence over the tag.
  digest: '${image.digest}'

# Names of Secrets in the release's namespace with the login of the registry.
imagePullSecrets: []

# Number of pods: one works, the others are on standby.
replicas: ${replicas}

# Namespaces whose ChatApps the operator reconciles. They must exist; it has no permissions in others.
watchNamespaces:
${watchNamespaces.map((name) => `  - ${name}`).join('\n')}

# Namespaces in which it may read the database and Redis clusters that a ChatApp's clusterRef names. They must exist.
clusterNamespaces: []

resources:
  requests:
    cpu: ${requests.cpu}
    memory: ${requests.memory}
  limits:
    cpu: ${limits.cpu}
    memory: ${limits.memory}

crds:
  # Install and upgrade the CRD with this release. Uninstalling the release keeps it.
  install: ${crds.install}
`
}

export const notes = `The operator reconciles the ChatApps of: {{ join ", " .Values.watchNamespaces }}

It is ready when
  kubectl rollout status deployment/chat-app-operator -n {{ .Release.Namespace }}

Then apply a ChatApp, and see what it waits for:
  kubectl get chatapps -A

Uninstalling this release keeps the CRD and all ChatApps.
`

export function readme(version: string, registry: string): string {
  return `# chat-app-operator

The operator that runs chat systems from \`ChatApp\` resources (release ${version}).

\`\`\`sh
kubectl create namespace chat-app
helm install chat-app-operator oci://${registry}/charts/chat-app-operator --version ${version} \\
  --namespace chat-app-system --create-namespace
kubectl label namespace chat-app-system pod-security.kubernetes.io/enforce=restricted
\`\`\`

The operator's pods meet the Pod Security level \`restricted\`.

| value | default | meaning |
|---|---|---|
| \`image.registry\` | \`${registry}\` | the part of the image's name before \`/operator\` |
| \`image.tag\` | the chart's release | its tag; never \`latest\` |
| \`image.digest\` | none | \`sha256:...\`, which takes precedence over the tag |
| \`imagePullSecrets\` | none | names of Secrets with the login of the registry |
| \`replicas\` | 2 | number of pods: one works, the others are on standby |
| \`watchNamespaces\` | \`[chat-app]\` | namespaces whose ChatApps it reconciles; they must exist |
| \`clusterNamespaces\` | none | namespaces in which it may read and watch the clusters that a \`clusterRef\` names; they must exist |
| \`resources\` | 50m, 128Mi; at most 500m, 256Mi | of each pod |
| \`crds.install\` | true | install and upgrade the CRD with this release |

Helm rejects an unknown or invalid value. The CRD is a template and not in the folder \`crds\`, whose files Helm never upgrades.
\`helm uninstall\` keeps the CRD, and with it every ChatApp and its pods.
With \`crds.install: false\`, apply the CRD of the new release before each upgrade.
`
}
