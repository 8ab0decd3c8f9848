import type { Chart } from 'cdk8s'
import type { ChatComponent } from '../components.ts'
import { componentLabels } from '../labels.ts'
import { Manifest } from '../manifest.ts'
import type { Model } from '../model.ts'
import type { Facts } from '../types.ts'
import { apiPaths, websocketPaths } from './routes.ts'

/** The optional kind of a Gateway's routes, as `group/Kind`. */
export const HTTP_ROUTE = 'gateway.networking.k8s.io/HTTPRoute'

/** One HTTPRoute for each host, attached to the Gateway that the ChatApp names. */
export function gatewayRoutes(chart: Chart, model: Model, facts: Facts): void {
  if (model.spec.exposure.type !== 'Gateway' || !facts.installedKinds.has(HTTP_ROUTE)) return
  httpRoute(chart, model, 'api', apiPaths)
  httpRoute(chart, model, 'websocket', websocketPaths)
}

function httpRoute(chart: Chart, model: Model, component: ChatComponent, paths: readonly string[]): void {
  const { hosts, gateway } = model.spec.exposure
  if (hosts === undefined || gateway === undefined) return
  const { name } = model.services[component]
  new Manifest(chart, `http-route-${component}`, {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name, labels: componentLabels(model, component) },
    spec: {
      parentRefs: [{ ...gateway.parentRef }],
      hostnames: [hosts[component]],
      rules: [
        {
          matches: paths.map((value) => ({ path: { type: 'PathPrefix', value } })),
          backendRefs: [{ name, port: 80 }],
        },
      ],
    },
  })
}
