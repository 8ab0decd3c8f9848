import type { HelmValues } from './values.ts'

/** values.yaml with a comment for each value. */
export function valuesFile({ image, replicas, watchNamespaces, resources, crds }: HelmValues): string {
  const { requests, limits } = resources
  return `# The operator's image: REGISTRY/operator:TAG[@DIGEST]
image:
  registry: ${image.registry}
  # The chart's own release when empty.
  tag: '${image.tag}'
  # sha256:..., which then counts instead of what the tag points to.
  digest: '${image.digest}'

# Secrets in the release's namespace with the login of the registry, by name.
imagePullSecrets: []

# One works, the others stand by.
replicas: ${replicas}

# Namespaces whose ChatApps the operator looks after. They must exist; it may do nothing in any other.
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
  # Install and upgrade the ChatApp resource with this release. It stays when the release is uninstalled.
  install: ${crds.install}
`
}

export const notes = `The operator looks after the ChatApps of: {{ join ", " .Values.watchNamespaces }}

It is ready when
  kubectl rollout status deployment/chat-app-operator -n {{ .Release.Namespace }}

Then give it a ChatApp, and see what it waits for:
  kubectl get chatapps -A

The resource ChatApp stays when this release is uninstalled, with all ChatApps.
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

The operator's pods are within the Pod Security level \`restricted\`.

| value | default | meaning |
|---|---|---|
| \`image.registry\` | \`${registry}\` | what stands before \`/operator\` in the name of the image |
| \`image.tag\` | the chart's release | its tag; never \`latest\` |
| \`image.digest\` | none | \`sha256:...\`: the image whatever the tag points to |
| \`imagePullSecrets\` | none | names of Secrets with the login of the registry |
| \`replicas\` | 2 | pods: one works, the others stand by |
| \`watchNamespaces\` | \`[chat-app]\` | namespaces whose ChatApps it looks after; they must exist |
| \`clusterNamespaces\` | none | namespaces in which it may read the clusters that a \`clusterRef\` names; they must exist |
| \`resources\` | 50m, 128Mi; at most 500m, 256Mi | of each pod |
| \`crds.install\` | true | install and upgrade the CRD with this release |

An unknown or wrong value is refused. The CRD is a template, not in the folder \`crds\`, because Helm never upgrades what is there; it is kept
by \`helm uninstall\`, and with it every ChatApp and what runs for it.
\`crds.install: false\` is for where somebody else installs the CRD: apply that of the new release before each upgrade.
`
}
