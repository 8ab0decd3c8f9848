import { byAge, componentOf, conditionOf, containersOf, isLeaving, isReady, type ContainerStatus } from '../../observe/pods.ts'
import type { Health } from '../../observe/health.ts'
import type { KubeObject } from '../../runtime/types.ts'
import type { Blocker, Observed } from '../../observe/observed.ts'

const IMAGE_REASONS = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'InvalidImageName',
  'ErrImageNeverPull',
  'RegistryUnavailable',
  'ImageInspectError',
])
const CONFIG_REASONS = new Set(['CreateContainerConfigError', 'CreateContainerError', 'RunContainerError'])
/** A condition's message is read in one line of a terminal. */
const MAX_CAUSE_CHARACTERS = 300

/** Why the pods of a component are not ready: the first cause that a person can act on, newest pod first. */
export function podBlocker(observed: Observed, component: string): Blocker | undefined {
  const pods = byAge(observed.pods).filter((pod) => componentOf(pod) === component && !isLeaving(pod) && !isReady(pod))
  for (const find of [imageBlocker, configBlocker, ownWords(observed.health), crashBlocker, schedulingBlocker]) {
    for (const pod of pods) {
      const blocker = find(pod)
      if (blocker !== undefined) return blocker
    }
  }
  return undefined
}

function imageBlocker(pod: KubeObject): Blocker | undefined {
  const stuck = containersOf(pod).find(({ state }) => IMAGE_REASONS.has(state?.waiting?.reason ?? ''))
  if (stuck === undefined) return undefined
  const { reason = '', message = '' } = stuck.state?.waiting ?? {}
  const image = imageOf(pod, stuck)
  return {
    reason: 'ImagePullFailed',
    message: `image ${image} of pod ${pod.metadata.name} cannot be pulled: ${short(message === '' ? reason : message)}`,
  }
}

function configBlocker(pod: KubeObject): Blocker | undefined {
  const stuck = containersOf(pod).find(({ state }) => CONFIG_REASONS.has(state?.waiting?.reason ?? ''))
  if (stuck === undefined) return undefined
  const { reason = '', message = '' } = stuck.state?.waiting ?? {}
  return {
    reason: 'ContainerCannotStart',
    message: `pod ${pod.metadata.name}, container ${stuck.name}: ${reason}: ${short(message)}`,
  }
}

/** What the pod itself said when it was asked. */
function ownWords(health: readonly Health[]): (pod: KubeObject) => Blocker | undefined {
  return (pod) => {
    const down = health.find((answer) => answer.pod === pod.metadata.name)?.down ?? {}
    const [component] = 'db' in down ? ['db'] : Object.keys(down)
    if (component === undefined) return undefined
    const reason = REASONS[component] ?? 'PodUnhealthy'
    return { reason, message: `pod ${pod.metadata.name}: ${down[component] ?? ''}` }
  }
}

const REASONS: Readonly<Record<string, string>> = { db: 'DatabaseUnreachable', redis: 'RedisUnreachable' }

function crashBlocker(pod: KubeObject): Blocker | undefined {
  const crashed = containersOf(pod).find(
    ({ state, lastState }) =>
      state?.waiting?.reason === 'CrashLoopBackOff' ||
      (state?.terminated !== undefined && state.terminated.exitCode !== 0) ||
      (state?.waiting !== undefined && lastState?.terminated !== undefined),
  )
  if (crashed === undefined) return undefined
  const { exitCode, reason, message } = crashed.state?.terminated ?? crashed.lastState?.terminated ?? {}
  const cause = message === undefined || message === '' ? (reason ?? 'no message') : message
  return {
    reason: 'PodCrashing',
    message: `pod ${pod.metadata.name}, container ${crashed.name} ended with code ${exitCode ?? '?'} (restarts: ${crashed.restartCount ?? 0}): ${short(cause)}`,
  }
}

function schedulingBlocker(pod: KubeObject): Blocker | undefined {
  const scheduled = conditionOf(pod, 'PodScheduled')
  if (scheduled?.status !== 'False') return undefined
  return { reason: 'Unschedulable', message: `pod ${pod.metadata.name} has no node: ${short(scheduled.message ?? '')}` }
}

/** The status knows the image only once it was pulled; before, the pod's own field does. */
function imageOf(pod: KubeObject, { name, image }: ContainerStatus): string {
  const spec = pod['spec'] as { containers?: { name: string; image: string }[] } | undefined
  const wanted = spec?.containers?.find((container) => container.name === name)?.image
  return wanted ?? image ?? `of container ${name}`
}

function short(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  return line.length <= MAX_CAUSE_CHARACTERS ? line : `${line.slice(0, MAX_CAUSE_CHARACTERS)}...`
}
