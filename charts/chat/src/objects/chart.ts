import { Chart, type App } from 'cdk8s'
import type { Model } from '../model.ts'
import type { Facts } from '../types.ts'
import { api } from './api.ts'
import { autoscaling } from './autoscaling.ts'
import { config } from './config.ts'
import { disruptionBudget } from './disruption-budget.ts'
import { gatewayRoutes } from './gateway.ts'
import { ingresses } from './ingress.ts'
import { migration } from './migration.ts'
import { monitors } from './monitoring.ts'
import { networkPolicies } from './network-policy.ts'
import { serviceAccount } from './service-account.ts'
import { service } from './service.ts'
import { websocket } from './websocket.ts'
import { worker } from './worker.ts'

/** The children of one ChatApp, in the order in which they are applied: each after those that it needs. */
export class ChatAppChart extends Chart {
  constructor(app: App, model: Model, facts: Facts) {
    super(app, model.name, { namespace: model.namespace, disableResourceNameHashes: true })
    const services = Object.values(model.services)

    for (const { component, name } of services) serviceAccount(this, model, component, name)
    for (const component of ['migrate', 'prove'] as const)
      serviceAccount(this, model, component, model.names[component])
    config(this, model)
    networkPolicies(this, model)
    migration(this, model)
    for (const each of services) service(this, model, each)
    api(this, model, facts)
    websocket(this, model, facts)
    worker(this, model, facts)
    for (const each of services) disruptionBudget(this, model, each)
    for (const each of services) autoscaling(this, model, each)
    monitors(this, model, facts)
    ingresses(this, model)
    gatewayRoutes(this, model, facts)
  }
}
