import type { Chart } from 'cdk8s'
import type { ChatComponent } from '../components.ts'
import { componentLabels } from '../labels.ts'
import { Manifest } from '../manifest.ts'
import type { Model } from '../model.ts'
import type { Facts } from '../types.ts'
import { routesOf, type Route } from './routes.ts'

/** The optional kind of a Gateway's routes, as `group/Kind`. */
export const HTTP_ROUTE = 'gateway.networking.k8s.io/HTTPRoute'

/** One HTTPRoute for each host, attached to the Gateway that the ChatApp names. */
export function gatewayRoutes(chart: Chart, model: Model, facts: Facts): void {
  if (model.spec.exposure.type !== 'Gateway' || !facts.installedKinds.has(HTTP_ROUTE)) return
  httpRoute(chart, model, 'api')
  httpRoute(chart, model, 'websocket')
}

function httpRoute(chart: Chart, model: Model, component: ChatComponent): void {
  const { hosts, gateway } = model.spec.exposure
  if (hosts === undefined || gateway === undefined) return
  const { name } = model.services[component]
  const routes = routesOf(model, component)
  new Manifest(chart, `http-route-${component}`, {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name, labels: componentLabels(model, component) },
    spec: {
      parentRefs: [{ ...gateway.parentRef }],
      hostnames: [hosts[component]],
      rules: [...new Set(routes.map(({ to }) => to))].map((to) => ({
        matches: routes.filter((route) => route.to === to).map(match),
        backendRefs: [{ name: model.services[to].name, port: 80 }],
      })),
    },
  })
}

function match({ path: value, isExact }: Route): object {
  return { path: { type: isExact ? 'Exact' : 'PathPrefix', value } }
}
