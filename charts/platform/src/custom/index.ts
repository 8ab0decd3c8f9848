import type { KubernetesObject } from '@chat-app/chat'
import type { Environment } from '../environment/environment.ts'
import { labelled } from './labels.ts'
import { patched } from './patches.ts'
import { pulling } from './pull-secret.ts'
import { renamed } from './rename.ts'

/** Changes an object that is applied. */
type Step = (object: KubernetesObject) => KubernetesObject

/**
 * What the values of an environment ask of every object: labels and annotations, the Secret that pulls images, and
 * patches, in this order, so that a patch has the last word.
 *
 * @returns undefined where the values ask for nothing, so that a synthesis does not look at any object
 */
export function customized(environment: Environment): Step | undefined {
  const { labels, annotations, images, patches } = environment
  const steps = [
    labels === undefined && annotations === undefined ? undefined : labelled({ labels, annotations }),
    images?.pullSecret === undefined ? undefined : pulling(images.pullSecret),
    patches === undefined ? undefined : patched(patches),
  ].filter((step) => step !== undefined)
  if (steps.length === 0) return undefined
  return (object) =>
    renamed(
      object,
      steps.reduce((changed, step) => step(changed), object),
    )
}
