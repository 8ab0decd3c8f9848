import type { Environment } from '@chat-app/platform'

/** An image of a third party in the values of environments. */
export interface Use {
  /** The name without the registry's host and the tag; with the host for those of the sandbox. */
  readonly image: string
  readonly version: string
  readonly environments: readonly string[]
}

/** The images of third parties in environments, also those that an operator makes from a version. */
export function usesOf(environments: readonly Environment[]): Use[] {
  const uses = new Map<string, Set<string>>()
  for (const environment of environments)
    for (const image of imagesOf(environment)) uses.set(image, (uses.get(image) ?? new Set()).add(environment.name))
  return [...uses].map(([image, names]) => {
    const [, name = '', version = ''] = /^(.*?):v?([^:@/]+)(?:@.*)?$/.exec(image) ?? []
    return { image: name, version, environments: [...names] }
  })
}

function imagesOf({ database, redis, messaging, storage, monitoring, logs }: Environment): string[] {
  const versions = [
    ...named(monitoring, 'prometheus/prometheus'),
    ...named(monitoring?.alertmanager, 'prometheus/alertmanager'),
    ...(['elasticsearch/elasticsearch', 'kibana/kibana', 'beats/filebeat'] as const).flatMap((name) =>
      named(logs, name),
    ),
  ]
  return [...found([database, redis, messaging, storage, monitoring, logs]), ...versions]
}

function named(part: { readonly version: string } | undefined, image: string): string[] {
  return part === undefined ? [] : [`${image}:${part.version}`]
}

/** Every value whose key ends with `image`. */
function found(value: unknown, key = ''): string[] {
  if (typeof value === 'string') return /image$/i.test(key) ? [value] : []
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => found(inner, key))
}
