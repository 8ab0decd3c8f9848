import { error, ok, warning, type Finding } from '../finding.ts'
import type { Site } from '../site.ts'
import type { Secret } from './secret.ts'

const TYPE = 'kubernetes.io/dockerconfigjson'
const KEY = '.dockerconfigjson'

/** Whether the logins of the registry are there, and are for this registry. */
export function pullSecretFindings({ model }: Site, secrets: ReadonlyMap<string, Secret>): Finding[] {
  const { pullSecrets, registry } = model.spec.images
  return pullSecrets.map(({ name }) => findingOf(name, secrets.get(name), hostOf(registry)))
}

function findingOf(name: string, secret: Secret | undefined, host: string): Finding {
  const where = `Secret/${name}`
  const fault = (reason: string, what: string) =>
    error({
      reason,
      where,
      what,
      why: 'nodes cannot pull the images with it',
      fix: `kubectl create secret docker-registry ${name} --docker-server=${host} ...`,
    })
  if (secret === undefined) return fault('MissingSecret', 'does not exist (spec.images.pullSecrets)')
  if (secret.type !== TYPE) return fault('InvalidSecret', `has the type ${secret.type ?? 'Opaque'}, and not ${TYPE}`)
  const hosts = hostsIn(secret.data?.[KEY] ?? '')
  if (hosts === undefined) return fault('InvalidSecret', `its key "${KEY}" is no list of logins`)
  if (hosts.some((each) => hostOf(each) === host)) return ok(where, `has a login for ${host}`)
  return warning({
    reason: 'OtherRegistry',
    where,
    what: `has no login for ${host} (it has ${hosts.map(hostOf).join(', ') || 'none'})`,
    why: 'if that registry needs a login, nodes cannot pull the images',
    fix: `add a login for ${host}, or change spec.images.registry`,
  })
}

/** The registries, which are no secret; undefined for what is not such a list. */
function hostsIn(base64: string): string[] | undefined {
  try {
    const { auths } = JSON.parse(Buffer.from(base64, 'base64').toString('utf8')) as { auths?: object }
    return typeof auths === 'object' && auths !== null ? Object.keys(auths) : undefined
  } catch {
    return undefined
  }
}

function hostOf(registry: string): string {
  return registry.replace(/^https?:\/\//, '').split('/', 1)[0] ?? ''
}
