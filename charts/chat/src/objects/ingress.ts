import { KubeIngress } from 'cdk8s-plus-27/lib/imports/k8s.js'
import type { Chart } from 'cdk8s'
import type { ChatComponent } from '../components.ts'
import { componentLabels } from '../labels.ts'
import type { Model } from '../model.ts'
import { routesOf } from './routes.ts'

type Profile = NonNullable<Model['spec']['exposure']['ingress']>['profile']

/** One Ingress for each host, so that the long timeouts of WebSockets do not apply to the API. */
export function ingresses(chart: Chart, model: Model): void {
  if (model.spec.exposure.type !== 'Ingress') return
  ingress(chart, model, 'api')
  ingress(chart, model, 'websocket')
}

function ingress(chart: Chart, model: Model, component: ChatComponent): void {
  const { hosts, ingress: options } = model.spec.exposure
  if (hosts === undefined || options === undefined) return
  const { name } = model.services[component]
  const paths = routesOf(model, component).map(({ path, isExact, to }) => ({
    path,
    pathType: isExact ? 'Exact' : 'Prefix',
    backend: { service: { name: model.services[to].name, port: { name: 'http' } } },
  }))
  new KubeIngress(chart, `ingress-${component}`, {
    metadata: {
      name,
      labels: componentLabels(model, component),
      annotations: { ...profiles[options.profile][component], ...issuer(model) },
    },
    spec: {
      ingressClassName: options.className,
      ...tls(model, component, hosts[component]),
      rules: [{ host: hosts[component], http: { paths } }],
    },
  })
}

function issuer({ spec: { exposure } }: Model): Record<string, string> {
  const ref = exposure.tls?.issuerRef
  if (ref === undefined) return {}
  return { [ref.kind === 'Issuer' ? 'cert-manager.io/issuer' : 'cert-manager.io/cluster-issuer']: ref.name }
}

function tls(model: Model, component: ChatComponent, host: string) {
  const { tls } = model.spec.exposure
  if (tls === undefined) return {}
  const secretName = tls.secretNames?.[component] ?? `${model.services[component].name}-tls`
  return { tls: [{ hosts: [host], secretName }] }
}

/** Annotations that keep a WebSocket open for an hour without a frame, as in the documented Ingress for nginx. */
const profiles: Readonly<Record<Profile, Readonly<Record<ChatComponent, Record<string, string>>>>> = {
  none: { api: {}, websocket: {} },
  nginx: {
    api: {},
    websocket: {
      'nginx.ingress.kubernetes.io/proxy-read-timeout': '3600',
      'nginx.ingress.kubernetes.io/proxy-send-timeout': '3600',
      'nginx.ingress.kubernetes.io/proxy-connect-timeout': '30',
      'nginx.ingress.kubernetes.io/proxy-buffer-size': '8k',
    },
  },
  // Two controllers have this name; each reads its own prefix. That of haproxy.org takes the time-out of tunnels (1h) and of
  // connecting (5s) from its ConfigMap alone.
  haproxy: {
    api: {},
    websocket: {
      'haproxy.org/timeout-server': '3600s',
      'haproxy-ingress.github.io/timeout-tunnel': '3600s',
      'haproxy-ingress.github.io/timeout-connect': '30s',
    },
  },
  // Its timeouts are set on its entry points, and none of them applies to a WebSocket.
  traefik: {
    api: { 'traefik.ingress.kubernetes.io/service.passhostheader': 'true' },
    websocket: { 'traefik.ingress.kubernetes.io/service.passhostheader': 'true' },
  },
}
