/** Value of the label `managed-by` of all children. */
export const MANAGED_BY = 'chat-app-operator'
/** Value of the labels `name` and `part-of` of all children. */
export const PART_OF = 'chat-app'

/** Annotation of a pod template with the hash of everything that the pods are made of: it names their release. */
export const INPUTS = 'chat-app.com/inputs'

/** Annotation of a Deployment with the number of the rollout that last changed it; only the operator knows it. */
export const REVISION = 'chat-app.com/revision'

export type Labels = Readonly<Record<string, string>>

/** The ChatApp that labels are made for. */
export interface Labelled {
  readonly name: string
  readonly version: string
}

/** The common labels of Kubernetes, by their names without the prefix. */
function labels(values: Labels): Labels {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`app.kubernetes.io/${name}`, value]))
}

/** Labels of a child that belongs to no component, such as the ConfigMap. */
export function commonLabels({ name, version }: Labelled): Labels {
  return labels({ name: PART_OF, instance: name, 'part-of': PART_OF, version, 'managed-by': MANAGED_BY })
}

/** Labels of a child that belongs to a component, such as `api`. */
export function componentLabels(app: Labelled, component: string): Labels {
  return { ...commonLabels(app), ...labels({ component }) }
}

/** Labels that select pods. A Deployment's selector is immutable, so the version is not among them. */
export function selectorLabels(name: string, component: string): Labels {
  return labels({ name: PART_OF, instance: name, component })
}

/** Labels as a selector string, for the API and the scale subresource: `key=value,key=value`. */
export function selectorString(labels: Labels): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',')
}
