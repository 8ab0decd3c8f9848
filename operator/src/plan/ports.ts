import { at } from '../runtime/json.ts'
import type { KubeObject } from '../runtime/types.ts'

interface Port {
  readonly name?: string
  readonly containerPort?: number
}

/** A port by name or number, as a Service's `targetPort` has it. */
type PortRef = string | number

/** The Service with the ports of pods that were rendered by another release. @param rendered the present template */
export function fittedService(service: KubeObject, rendered: object, template: object): KubeObject {
  const ports = at<{ readonly targetPort: PortRef }[]>(service, 'spec', 'ports') ?? []
  const fitted = ports.map((port) => ({ ...port, targetPort: portIn(template, rendered, port.targetPort) }))
  return { ...service, spec: { ...at<object>(service, 'spec'), ports: fitted } }
}

/** The NetworkPolicy with the ports of all pods that may run, those of the first template first. */
export function fittedPolicy(policy: KubeObject, rendered: object, templates: readonly object[]): KubeObject {
  const rules = at<{ readonly ports?: readonly { readonly port: PortRef }[] }[]>(policy, 'spec', 'ingress') ?? []
  const ingress = rules.map((rule) => {
    const all = templates.flatMap((template) =>
      (rule.ports ?? []).map((each) => ({ ...each, port: portIn(template, rendered, each.port) })),
    )
    return { ...rule, ports: [...new Map(all.map((each) => [each.port, each])).values()] }
  })
  return { ...policy, spec: { ...at<object>(policy, 'spec'), ingress } }
}

/** What a port of the present template is in another one: the port of its name, else of its number, else in its place. */
function portIn(template: object, rendered: object, ref: PortRef): PortRef {
  for (const { name: container, ports } of containersOf(rendered)) {
    const index = ports.findIndex(({ name, containerPort }) => name === ref || containerPort === ref)
    const port = ports[index]
    const there = containersOf(template).find(({ name }) => name === container)?.ports ?? []
    const same =
      there.find(({ name }) => name === port?.name) ??
      there.find(({ containerPort }) => containerPort === port?.containerPort) ??
      there[index]
    if (port !== undefined) return (typeof ref === 'number' ? same?.containerPort : same?.name) ?? ref
  }
  return ref
}

function containersOf(template: object): { readonly name: string; readonly ports: readonly Port[] }[] {
  const containers = at<{ name: string; ports?: readonly Port[] }[]>(template, 'spec', 'containers') ?? []
  return containers.map(({ name, ports = [] }) => ({ name, ports }))
}
