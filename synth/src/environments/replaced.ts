import type { Environment } from '@chat-app/platform'

/** A value that no two environments may share, by its key in the file. */
export interface Replaced {
  readonly key: string
  readonly old: string
  readonly new: string
}

/** What a copy of an environment must have for itself: its name, hosts, buckets, and places in Vault and GitLab. */
export function replacedValues(like: Environment, name: string): Replaced[] {
  const { chatApp, edge, regions, secrets, storage, database, pipeline } = like
  const { hosts } = chatApp.spec.exposure ?? {}
  const domain = hosts === undefined ? '' : commonDomain(hosts.api, hosts.websocket)
  const renamed = (text: string) => withName(text, like.name, name) ?? `${text}-${name}`
  const moved = (host: string) => withName(host, like.name, name) ?? below(host, domain, name)
  const of = (key: string, old: string | undefined, change: (text: string) => string) =>
    old === undefined ? [] : [{ key, old, new: change(old) }]
  const values = [
    { key: 'name', old: like.name, new: name },
    ...of('environment', pipeline?.environment, () => name),
    ...of('api', hosts?.api, moved),
    ...of('websocket', hosts?.websocket, moved),
    ...Object.entries(edge?.pages ?? {}).flatMap(([page, host]) => of(page, host, moved)),
    ...(regions?.clusters ?? []).flatMap(({ databaseHost, storageUrl }) => [
      ...of('databaseHost', databaseHost, moved),
      ...of('storageUrl', storageUrl, (url) => url.replace(new URL(url).hostname, moved)),
    ]),
    ...(secrets.kind === 'vault' ? of('authenticationPath', secrets.authenticationPath, renamed) : []),
    ...(secrets.kind === 'vault' ? of('databaseKeysPath', secrets.databaseKeysPath, renamed) : []),
    ...of('bucket', database.kind === 'pxc' ? database.backup?.bucket : undefined, renamed),
    ...of('files', storage?.buckets.files, renamed),
  ]
  return values.filter((value) => value.old !== value.new)
}

/** A part of an environment with these values in place of its own. */
export function withReplaced<T>(part: T, values: readonly Replaced[], key = ''): T {
  const replaced = (value: unknown, inner: string) => withReplaced(value, values, inner)
  if (typeof part === 'string')
    return (values.find((value) => value.key === key && value.old === part)?.new ?? part) as T
  if (Array.isArray(part)) return part.map((item) => replaced(item, '')) as T
  if (typeof part !== 'object' || part === null) return part
  return Object.fromEntries(Object.entries(part).map(([name, value]) => [name, replaced(value, name)])) as T
}

/** Replaces a name that stands between dots, hyphens or the ends of a text; undefined when it is not there. */
function withName(text: string, old: string, name: string): string | undefined {
  const changed = text.replace(new RegExp(`(^|[-.])${old}(?=[-.]|$)`), (_, before: string) => `${before}${name}`)
  return changed === text ? undefined : changed
}

/** `api.qa.example.com` for `api.example.com`, where `example.com` is the domain. */
function below(host: string, domain: string, name: string): string {
  return host.endsWith(`.${domain}`) ? `${host.slice(0, -domain.length)}${name}.${domain}` : `${name}.${host}`
}

/** The labels that both hosts end with; those of equal hosts without the first. */
function commonDomain(one: string, other: string): string {
  const [a, b] = [one.split('.').slice(1), other.split('.').slice(1)]
  let count = 0
  while (count < Math.min(a.length, b.length) && a.at(-1 - count) === b.at(-1 - count)) count++
  return a.slice(a.length - count).join('.')
}
