import { DECISIONS } from '../annotations.ts'
import { COMPONENTS, type Component } from '../components.ts'
import { valueAt } from '../errors.ts'
import { hashOf } from '../hash.ts'
import { INPUTS } from '../labels.ts'
import type { Release } from './release.ts'

/** Characters of the hash of a restart, which follows that of the inputs. */
const HASH_CHARACTERS = 8
const SEPARATOR = '-'

/**
 * The release with an annotation in its pod templates, as `kubectl rollout restart` sets one: the same pods in place of those
 * that run.
 *
 * @param value of the ChatApp's annotation. `api@anything` and `api,websocket@anything` are for these services alone
 */
export function restarted(release: Release, value: string): Release {
  const named = value.replace(/@.*/s, '').split(',')
  const all: readonly string[] = COMPONENTS
  const restarts = named.every((name) => all.includes(name)) ? named : all
  return withRestarts({ ...release, restart: value }, (component, former) =>
    restarts.includes(component) ? value : former,
  )
}

/** The release with the restarts of another one, so that it does not replace pods that are the same otherwise. */
export function restartedLike(release: Release, other: Release | undefined): Release {
  const restart = other?.restart
  return withRestarts({ ...release, ...(restart !== undefined && { restart }) }, (component) =>
    restartIn(other?.templates[component]),
  )
}

function withRestarts(
  release: Release,
  valueOf: (component: Component, former: string | undefined) => string | undefined,
): Release {
  const templates = { ...release.templates }
  for (const component of COMPONENTS) {
    const template = templates[component]
    const restart = valueOf(component, restartIn(template))
    if (template === undefined || restart === undefined) continue
    const metadata = valueAt(template, ['metadata']) as { annotations?: Record<string, string> } | undefined
    const annotations: Record<string, string> = { ...metadata?.annotations, [DECISIONS.restart]: restart }
    const [inputs] = annotations[INPUTS]?.split(SEPARATOR) ?? []
    if (inputs !== undefined) annotations[INPUTS] = `${inputs}${SEPARATOR}${hashOf(restart).slice(0, HASH_CHARACTERS)}`
    templates[component] = { ...template, metadata: { ...metadata, annotations } }
  }
  return { ...release, templates }
}

function restartIn(template: object | undefined): string | undefined {
  return valueAt(template, ['metadata', 'annotations', DECISIONS.restart]) as string | undefined
}
