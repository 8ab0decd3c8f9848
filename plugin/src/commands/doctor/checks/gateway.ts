import type { ObjectCondition } from '@chat-app/chat/object-conditions'
import { readObject } from '../../../cluster/read.ts'
import { error, ok, skipped, type Finding } from '../finding.ts'
import type { Site } from '../site.ts'

interface Gateway {
  readonly spec: { readonly gatewayClassName: string; readonly listeners?: readonly Listener[] }
  readonly status?: { readonly conditions?: readonly ObjectCondition[] }
}

interface Listener {
  readonly name: string
  readonly hostname?: string
  readonly protocol?: string
  readonly allowedRoutes?: { readonly namespaces?: { readonly from?: string } }
}

interface ParentRef {
  readonly name: string
  readonly namespace?: string | undefined
  readonly sectionName?: string | undefined
}

/** Whether the Gateway is there, is programmed, and has a listener for each host that lets the namespace attach. */
export async function gatewayFindings(site: Site, ref: ParentRef): Promise<Finding[]> {
  const namespace = ref.namespace ?? site.namespace
  const where = `Gateway/${ref.name} in ${namespace}`
  const kind = 'gateways.gateway.networking.k8s.io'
  const read = await readObject<Gateway>(site.cluster, { kind, name: ref.name, namespace })
  if (read.is === 'forbidden' || read.is === 'failed') return [skipped(where, `not read: ${read.reason}`)]
  const why = 'the routes of the ChatApp are attached to nothing, and no client reaches it'
  const fault = (reason: string, what: string, fix: string) => error({ reason, where, what, why, fix })
  // That the kind is not served is found by the check of kinds.
  if (read.is === 'missing' && !read.reason.includes(`"${ref.name}"`)) return [skipped(where, read.reason)]
  if (read.is === 'missing')
    return [fault('MissingGateway', 'does not exist', 'create it, or name another one in spec.exposure.gateway')]
  const { spec, status } = read.value
  const programmed = status?.conditions?.find(({ type }) => type === 'Programmed')
  if (programmed?.status !== 'True') {
    const why = programmed?.message ?? `no controller has taken it (GatewayClass ${spec.gatewayClassName})`
    return [
      fault(
        'GatewayNotProgrammed',
        `is not programmed: ${why}`,
        `kubectl describe gateway ${ref.name} -n ${namespace}`,
      ),
    ]
  }
  const { api, websocket } = site.model.spec.exposure.hosts ?? { api: '', websocket: '' }
  const faults = [...new Set([api, websocket])].flatMap((host) => {
    const what = listenerFault(spec.listeners ?? [], ref, host, namespace === site.namespace)
    return what === undefined ? [] : [fault('NoListener', what, 'add or change a listener of the Gateway')]
  })
  return faults.length > 0 ? faults : [ok(where, 'is programmed, and has listeners for the hosts')]
}

function listenerFault(
  listeners: readonly Listener[],
  { sectionName }: ParentRef,
  host: string,
  isSameNamespace: boolean,
): string | undefined {
  const named = sectionName === undefined ? listeners : listeners.filter(({ name }) => name === sectionName)
  if (named.length === 0) return `has no listener "${sectionName ?? ''}" (spec.exposure.gateway.parentRef.sectionName)`
  const fitting = named.filter(({ hostname }) => hostname === undefined || matches(hostname, host))
  if (fitting.length === 0) return `has no listener for ${host}`
  const open = fitting.filter((each) => isSameNamespace || (each.allowedRoutes?.namespaces?.from ?? 'Same') !== 'Same')
  return open.length === 0 ? `its listeners for ${host} take routes of its own namespace alone` : undefined
}

function matches(hostname: string, host: string): boolean {
  return hostname.startsWith('*.') ? host.endsWith(hostname.slice(1)) : hostname === host
}
