import type { Chart } from 'cdk8s'
import type { Model } from '../model.ts'
import type { Facts } from '../types.ts'
import { oneByOne } from './deployment.ts'

/** The worker, where the ChatApp has one. Several of them share the work, so old and new pods may run together. */
export function worker(chart: Chart, model: Model, facts: Facts): void {
  if (model.services.worker !== undefined) oneByOne(chart, model, facts, model.services.worker)
}
