import type { Component } from '@chat-app/chat'
import type { Refusal } from '../cache/refusals.ts'
import type { KubeObject } from '../runtime/types.ts'
import type { Health } from './health.ts'
import { conditionOf } from './object-conditions.ts'
import { componentOf, containersOf, isReady, isTerminating, newestFirst, type ContainerStatus } from './pods.ts'
import { deploymentRefusal } from './refused.ts'
import type { Rollout } from './rollout.ts'
import { lastWords, shorten } from './text.ts'
import { paceOf } from './waits.ts'

/** Why something is not as desired. */
export interface Blocker {
  /** One word in CamelCase. */
  readonly reason: string
  /** A sentence for a person that names the object. */
  readonly message: string
}

/** The pods of a ChatApp, the answers of those that were asked, and the last refusal of a pod, by its child's name. */
export interface Pods {
  readonly pods: readonly KubeObject[]
  readonly health: readonly Health[]
  readonly refusals: Readonly<Record<string, Refusal>>
}

const IMAGE_REASONS = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'InvalidImageName',
  'ErrImageNeverPull',
  'RegistryUnavailable',
  'ImageInspectError',
])
const CONFIG_REASONS = new Set(['CreateContainerConfigError', 'CreateContainerError', 'RunContainerError'])
const UNREACHABLE_REASONS: Readonly<Record<string, string>> = { db: 'DatabaseUnreachable', redis: 'RedisUnreachable' }

/** Why a service's Deployment makes no progress, where a cause is known. */
export function serviceBlocker(
  component: Component,
  deployment: KubeObject | undefined,
  rollout: Rollout,
  pods: Pods,
): Blocker | undefined {
  if (deployment === undefined || rollout.isComplete) return undefined
  const words = deploymentRefusal(deployment, pods.refusals)
  return (
    podBlocker(pods, component) ?? refused(deployment, words && [words, paceOf(deployment) ?? []].flat().join('; '))
  )
}

/** @param words why pods of the child are refused, if they are */
export function refused({ kind, metadata: { name } }: KubeObject, words: string | undefined): Blocker | undefined {
  return words === undefined ? undefined : { reason: 'PodsRefused', message: `${kind} ${name}: ${words}` }
}

/** Why the pods of a component are not ready: the first cause that a person can remove, newest pod first. */
export function podBlocker({ pods, health }: Pick<Pods, 'pods' | 'health'>, component: string): Blocker | undefined {
  const unready = newestFirst(pods).filter(
    (pod) => componentOf(pod) === component && !isTerminating(pod) && !isReady(pod),
  )
  for (const find of [imageBlocker, configBlocker, healthBlocker(health), crashBlocker, schedulingBlocker]) {
    for (const pod of unready) {
      const blocker = find(pod)
      if (blocker !== undefined) return blocker
    }
  }
  return undefined
}

function imageBlocker(pod: KubeObject): Blocker | undefined {
  const stuck = waitingIn(pod, IMAGE_REASONS)
  if (stuck === undefined) return undefined
  const { container, reason, message } = stuck
  const words = shorten(message === '' ? reason : message)
  return {
    reason: 'ImagePullFailed',
    message: `image ${imageOf(pod, container)} of pod ${pod.metadata.name} cannot be pulled: ${words}`,
  }
}

function configBlocker(pod: KubeObject): Blocker | undefined {
  const stuck = waitingIn(pod, CONFIG_REASONS)
  if (stuck === undefined) return undefined
  const { container, reason, message } = stuck
  return {
    reason: 'ContainerCannotStart',
    message: `pod ${pod.metadata.name}, container ${container.name}: ${reason}: ${shorten(message)}`,
  }
}

/** The first container that waits for one of these reasons. */
function waitingIn(pod: KubeObject, reasons: ReadonlySet<string>) {
  for (const container of containersOf(pod)) {
    const { reason = '', message = '' } = container.state?.waiting ?? {}
    if (reasons.has(reason)) return { container, reason, message }
  }
  return undefined
}

/** The answer of the pod's health endpoint; the database comes first, since other components depend on it. */
function healthBlocker(health: readonly Health[]): (pod: KubeObject) => Blocker | undefined {
  return (pod) => {
    const down = health.find((answer) => answer.pod === pod.metadata.name)?.down ?? {}
    const [component] = 'db' in down ? ['db'] : Object.keys(down)
    if (component === undefined) return undefined
    const reason = UNREACHABLE_REASONS[component] ?? 'PodUnhealthy'
    return { reason, message: `pod ${pod.metadata.name}: ${down[component] ?? ''}` }
  }
}

function crashBlocker(pod: KubeObject): Blocker | undefined {
  const crashed = containersOf(pod).find(
    ({ state, lastState }) =>
      state?.waiting?.reason === 'CrashLoopBackOff' ||
      (state?.terminated !== undefined && state.terminated.exitCode !== 0) ||
      (state?.waiting !== undefined && lastState?.terminated !== undefined),
  )
  if (crashed === undefined) return undefined
  return { reason: 'PodCrashing', message: endWords(pod, crashed) }
}

/** How a container has ended last, and what it said. */
export function endWords(pod: KubeObject, { name, state, lastState, restartCount = 0 }: ContainerStatus): string {
  const { exitCode = '?', reason = 'no message', message = '' } = state?.terminated ?? lastState?.terminated ?? {}
  const cause = message === '' ? reason : lastWords(message)
  return `pod ${pod.metadata.name}, container ${name} ended with code ${exitCode} (restarts: ${restartCount}): ${cause}`
}

function schedulingBlocker(pod: KubeObject): Blocker | undefined {
  const scheduled = conditionOf(pod, 'PodScheduled')
  if (scheduled?.status !== 'False') return undefined
  return {
    reason: 'Unschedulable',
    message: `pod ${pod.metadata.name} has no node: ${shorten(scheduled.message ?? '')}`,
  }
}

/** A container's status has the image only after it was pulled, so the pod's spec is read first. */
function imageOf(pod: KubeObject, { name, image }: ContainerStatus): string {
  const spec = pod['spec'] as { containers?: { name: string; image: string }[] } | undefined
  const wanted = spec?.containers?.find((container) => container.name === name)?.image
  return wanted ?? image ?? `of container ${name}`
}
