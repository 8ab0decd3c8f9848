import { canonical, COMPONENTS, INPUTS, type Component } from '@chat-app/chat'
import type { Choice } from './choice.ts'
import { differences, type Difference } from './differences.ts'
import { renderedOf, replicasOf, type Known } from './known.ts'
import type { ServiceChange } from './plan.ts'

/** The services whose pods change, in the order in which the operator writes their Deployments. */
export function serviceChanges(known: Known): ServiceChange[] {
  return COMPONENTS.flatMap((component) => changeOf(component, known) ?? [])
}

function changeOf(component: Component, known: Known): ServiceChange | undefined {
  const { model, deployments, choice } = known
  const live = deployments[component]
  const isWanted = wantedTemplate(component, known) !== undefined
  if (live === undefined && !isWanted) return undefined
  const pods = [live?.replicas ?? 0, wantedReplicas(component, known)] as const
  const change = { component, deployment: `${model.name}-${component}`, pods }
  if (live === undefined) return { ...change, effect: 'Start', why: [] }
  if (!isWanted) return { ...change, effect: 'Stop', why: [] }
  const why = isLate(known) ? [] : templateChanges(component, choice)
  const [now, wanted] = pods
  if (now > 0 && wanted > 0) return why.length > 0 ? { ...change, effect: 'Restart', why } : undefined
  if (now > 0) return { ...change, effect: 'Stop', why }
  if (wanted > 0) return { ...change, effect: 'Start', why }
  return why.length > 0 ? { ...change, effect: 'Template', why } : undefined
}

/** While hibernated no migration runs, and no Deployment gets the release before it. */
function isLate({ model, choice: { wanted, target, migration } }: Known): boolean {
  const hasMigrated = wanted === target ? migration.hasRun : wanted.learned.migration !== undefined
  return model.hibernated && !hasMigrated
}

/** The pods that a service will have; undefined for a service that is not wanted. */
export function wantedTemplate(component: Component, { model, choice }: Known): object | undefined {
  return model.services[component] && choice.wanted.release.templates[component]
}

/** The number of pods that is wanted. */
export function wantedReplicas(component: Component, known: Known): number {
  return wantedTemplate(component, known) === undefined ? 0 : replicasOf(renderedOf(component, known))
}

const CONFIG = 'spec.volumes[config].configMap.name'
const INPUTS_PATH = `metadata.annotations["${INPUTS}"]`

/** The fields in which the pods of the wanted release differ from those that run; the hash of all of them is no reason. */
function templateChanges(component: Component, { running, wanted }: Choice): Difference[] {
  const present = running[component]?.release
  const [from, to] = [present?.templates[component], wanted.release.templates[component]]
  const isSame = present?.secrets === wanted.release.secrets && canonical(from) === canonical(to)
  if (isSame) return []
  if (from === undefined) return [{ path: 'all: the record of the release that runs is not there' }]
  const told = differences(from, to).filter(({ path }) => path !== INPUTS_PATH)
  if (told.length === 0) return [{ path: 'the Secrets that pods read only at start' }]
  return told.map((each) => (each.path === CONFIG ? { ...each, path: 'the configuration (ConfigMap)' } : each))
}
