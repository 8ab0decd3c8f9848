import { readList, readObject, type Read } from '../../../cluster/read.ts'
import { error, ok, skipped, warning, type Finding } from '../finding.ts'
import { controllerOf } from '../controllers.ts'
import type { Check, Site } from '../site.ts'
import { gatewayFindings } from './gateway.ts'

/** Whether what the ChatApp is exposed by is there: the IngressClass and its controller, or the Gateway. */
export const exposureCheck: Check = {
  name: 'Exposure',
  async run(site) {
    const { exposure } = site.model.spec
    if (exposure.gateway !== undefined) return gatewayFindings(site, exposure.gateway.parentRef)
    if (exposure.ingress === undefined) return [ok('spec.exposure', 'type None: only clients in the cluster reach it')]
    const issuer = await issuerFindings(site)
    return [...(await classFindings(site, exposure.ingress)), ...issuer]
  },
}

interface IngressClass {
  readonly metadata: { readonly name: string }
  readonly spec?: { readonly controller?: string }
}

async function classFindings(
  site: Site,
  { className, profile }: { className: string; profile: string },
): Promise<Finding[]> {
  const where = `IngressClass/${className}`
  const read = await readList<IngressClass>(site.cluster, ['ingressclasses'])
  if (read.is !== 'read') return [skipped(where, `not read: ${read.reason}`)]
  const found = read.value.find(({ metadata }) => metadata.name === className)
  if (found === undefined) {
    const names = read.value.map(({ metadata }) => metadata.name).join(', ')
    return [
      error({
        reason: 'MissingIngressClass',
        where,
        what: `does not exist (there ${names === '' ? 'is none' : `are: ${names}`})`,
        why: 'no ingress controller serves the hosts of the ChatApp',
        fix: 'install an ingress controller, or name an existing class in spec.exposure.ingress.className',
      }),
    ]
  }
  const id = found.spec?.controller ?? ''
  return [...profileFindings(where, id, profile), await runningFinding(site, where, className, id)]
}

function profileFindings(where: string, id: string, profile: string): Finding[] {
  const controller = controllerOf(id)
  // Without a profile the controller's own settings apply, which only a measurement can judge.
  if (controller === undefined || profile === 'none' || controller.profile === profile) return []
  return [
    warning({
      reason: 'OtherProfile',
      where,
      what: `its controller ${id} does not read the annotations of spec.exposure.ingress.profile "${profile}"`,
      why: 'its own time-outs apply, and may cut idle WebSockets',
      fix: `set spec.exposure.ingress.profile to "${controller.profile}"; "doctor --edge" measures what is cut`,
    }),
  ]
}

interface Ingress {
  readonly spec?: { readonly ingressClassName?: string }
  readonly status?: { readonly loadBalancer?: { readonly ingress?: readonly object[] } }
}

interface ReadyPod {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] }
}

/** A controller runs if a pod of it is ready, or if an Ingress of its class has got an address. */
async function runningFinding({ cluster }: Site, where: string, className: string, id: string): Promise<Finding> {
  const controller = controllerOf(id)
  const names = controller?.apps.join(', ')
  const selector = ['--selector', `app.kubernetes.io/name in (${names})`]
  const pods: Read<readonly ReadyPod[]> =
    controller === undefined
      ? { is: 'missing', reason: `the controller ${id} is not known to this plugin` }
      : await readList<ReadyPod>(cluster, ['pods', '--all-namespaces', ...selector])
  if (pods.is === 'read' && pods.value.some(isReady)) return ok(where, `exists, and its controller ${id} runs`)
  const ingresses = await readList<Ingress>(cluster, ['ingresses.networking.k8s.io', '--all-namespaces'])
  if (ingresses.is === 'read' && ingresses.value.some((each) => isServed(each, className)))
    return ok(where, `exists, and its controller ${id} has given an Ingress its address`)
  if (pods.is !== 'read') return skipped(where, `exists; whether its controller runs is not known: ${pods.reason}`)
  return warning({
    reason: 'NoController',
    where,
    what: `no pod of its controller ${id} is ready, and no Ingress of the class has an address`,
    why: 'without a controller nobody serves the hosts',
    fix: `look for its pods: kubectl get pods -A -l 'app.kubernetes.io/name in (${names})'`,
  })
}

function isReady({ status }: ReadyPod): boolean {
  return status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') === true
}

function isServed({ spec, status }: Ingress, className: string): boolean {
  return spec?.ingressClassName === className && (status?.loadBalancer?.ingress ?? []).length > 0
}

interface Issuer {
  readonly status?: ReadyPod['status'] & { readonly conditions?: readonly { readonly message?: string }[] }
}

async function issuerFindings({ cluster, model, namespace }: Site): Promise<Finding[]> {
  const ref = model.spec.exposure.tls?.issuerRef
  if (ref === undefined) return []
  const where = `${ref.kind}/${ref.name}`
  const plural = `${ref.kind.toLowerCase()}s.cert-manager.io`
  const scope = ref.kind === 'Issuer' ? { namespace } : {}
  const read = await readObject<Issuer>(cluster, { kind: plural, name: ref.name, ...scope })
  if (read.is === 'read' && isReady(read.value)) return [ok(where, 'is ready')]
  if (read.is === 'forbidden' || read.is === 'failed') return [skipped(where, `not read: ${read.reason}`)]
  return [
    error({
      reason: 'NoIssuer',
      where,
      what: read.is === 'read' ? 'is not ready' : 'does not exist (spec.exposure.tls.issuerRef)',
      why: 'no certificate is made, and clients refuse the connection',
      fix: `kubectl describe ${plural} ${ref.name}`,
    }),
  ]
}
