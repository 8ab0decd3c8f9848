import { COMPONENTS, hashOf, INPUTS, type Component } from '@chat-app/chat'
import { DECISIONS } from '@chat-app/chat/annotations'
import { at } from '../../runtime/json.ts'
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
  const named = (value.split('@')[0] ?? '').split(',')
  const isNamed = (name: string): name is Component => COMPONENTS.some((component) => component === name)
  const components: readonly string[] = named.every(isNamed) ? named : COMPONENTS
  return withRestarts({ ...release, restart: value }, (component, former) =>
    components.includes(component) ? value : former,
  )
}

/** The release with the restarts of another one, so that it does not replace pods that are the same otherwise. */
export function restartedLike(release: Release, other: Release): Release {
  const { restart } = other
  const kept = restart === undefined ? release : { ...release, restart }
  return withRestarts(kept, (component) => restartIn(other.templates[component]))
}

function withRestarts(
  release: Release,
  valueOf: (component: Component, former: string | undefined) => string | undefined,
): Release {
  const templates = Object.fromEntries(
    COMPONENTS.flatMap((component) => {
      const template = release.templates[component]
      if (template === undefined) return []
      const value = valueOf(component, restartIn(template))
      return value === undefined ? [] : [[component, withRestart(template, value)]]
    }),
  )
  return { ...release, templates: { ...release.templates, ...templates } }
}

function restartIn(template: object | undefined): string | undefined {
  return at<string>(template, 'metadata', 'annotations', DECISIONS.restart)
}

function withRestart(template: object, value: string): object {
  const metadata = at<{ annotations?: Record<string, string> }>(template, 'metadata')
  const [inputs] = metadata?.annotations?.[INPUTS]?.split(SEPARATOR) ?? []
  const annotations = {
    ...metadata?.annotations,
    [DECISIONS.restart]: value,
    ...(inputs !== undefined && { [INPUTS]: `${inputs}${SEPARATOR}${hashOf(value).slice(0, HASH_CHARACTERS)}` }),
  }
  return { ...template, metadata: { ...metadata, annotations } }
}
