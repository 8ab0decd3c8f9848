import type { Chart } from 'cdk8s'
import type { Model } from '../model.ts'
import type { Facts } from '../types.ts'
import { oneByOne } from './deployment.ts'

/** The HTTP API. In a rollout one new pod becomes ready before one old pod stops, as documented. */
export function api(chart: Chart, model: Model, facts: Facts): void {
  oneByOne(chart, model, facts, model.services.api)
}
