import { COMPONENTS, proofJob, valueAt, type Component, type ProofPart } from '@chat-app/chat'
import { renderedOf, type Known } from './known.ts'
import type { ServiceChange } from './plan.ts'
import { quotaOf, type Jobs, type Quota, type Turn } from './quota.ts'
import { wantedReplicas, wantedTemplate } from './services.ts'
import { isProvenBy } from './steps.ts'

/** What all pods of the ChatApp need. */
export function rolloutQuota(known: Known, services: readonly ServiceChange[]): Quota {
  const turns = COMPONENTS.map((component) => turnOf(component, known, services))
  return quotaOf(turns, services.length > 0 ? jobsOf(known) : NO_JOBS)
}

function turnOf(component: Component, known: Known, services: readonly ServiceChange[]): Turn {
  const { deployments, choice } = known
  const change = services.find((service) => service.component === component)
  const next = wantedTemplate(component, known)
  const present = choice.running[component]?.release.templates[component] ?? next
  const replicas = deployments[component]?.replicas ?? 0
  return {
    component,
    before: { replicas, template: present },
    after: { replicas: wantedReplicas(component, known), template: change === undefined ? present : next },
    surge: change?.effect === 'Restart' ? surgeOf(component, known) : 0,
  }
}

/** The pods that a rollout adds at a time. */
function surgeOf(component: Component, known: Known): number {
  const surge = valueAt(renderedOf(component, known), ['spec', 'strategy', 'rollingUpdate', 'maxSurge'])
  if (typeof surge === 'number') return surge
  return Math.ceil((wantedReplicas(component, known) * Number.parseInt(String(surge), 10)) / 100)
}

/** The Jobs of a rollout. */
function jobsOf({ model, choice, facts }: Known): Jobs {
  const { target, wanted, isNew, migration } = choice
  if (!isNew || wanted !== target || model.hibernated) return NO_JOBS
  const migrations = migration.hasRun ? [] : [target.release.templates.migrate]
  if (!isProvenBy({ model, choice })) return { first: migrations, beside: [] }
  const proof = (part: ProofPart) =>
    valueAt(proofJob(model, facts, target.release, part, ''), ['spec', 'template']) as object
  return { first: [...migrations, proof('before')], beside: [proof('during')] }
}

const NO_JOBS: Jobs = { first: [], beside: [] }
