import type { KubernetesObject } from '@chat-app/chat'

/** The pods of a workload that the operator creates. */
export interface PodTemplate {
  readonly workload: KubernetesObject
  readonly spec: PodSpec
  readonly metadata?: { readonly labels?: object; readonly annotations?: object }
}

export interface PodSpec {
  readonly containers: readonly Container[]
  readonly initContainers?: readonly Container[]
  readonly volumes?: readonly object[]
  readonly [field: string]: unknown
}

interface Container {
  readonly name: string
  readonly restartPolicy?: string
  readonly resources?: { readonly requests?: Amounts; readonly limits?: Amounts }
  readonly [field: string]: unknown
}

export type Amounts = Readonly<Record<string, string | number>>

/** The pod templates of all workloads. */
export function templatesOf(objects: readonly KubernetesObject[]): PodTemplate[] {
  return objects.flatMap((workload) => {
    const template = (workload['spec'] as { template?: Omit<PodTemplate, 'workload'> } | undefined)?.template
    return template === undefined ? [] : [{ ...template, workload }]
  })
}
