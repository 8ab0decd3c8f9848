import type { SecretUse } from '@chat-app/chat'
import { readNamed } from '../../../cluster/read.ts'
import { error, ok, skipped, type Finding } from '../finding.ts'
import type { Check, Site } from '../site.ts'
import { secretNames } from '../../report/secrets.ts'
import type { Secret } from './secret.ts'
import { formFault } from './secret-forms.ts'
import { pullSecretFindings } from './pull-secrets.ts'
import { certificateFindings } from './certificates.ts'

/** Whether the Secrets that the ChatApp names are there, with values of the form that the services take. */
export const secretsCheck: Check = {
  name: 'Secrets',
  async run(site) {
    const names = wantedNames(site)
    const read = await readNamed<Secret>(site.cluster, 'secrets', names, site.namespace)
    if (read.is !== 'read') return [skipped('Secrets', `not read: ${read.reason}`)]
    const secrets = new Map(read.value.map((secret) => [secret.metadata.name, secret]))
    const uses = site.model.secrets.map((use) => findingOf(use, secrets.get(use.name)))
    return [
      ...uses,
      ...pullSecretFindings(site, secrets),
      ...certificateFindings(site, secrets),
      ...templateFindings(site, names, secrets),
    ]
  },
}

/** The Secrets that fields of the ChatApp and the templates of its pods name. */
function wantedNames(site: Site): string[] {
  const { secretNames: given } = site.model.spec.exposure.tls ?? {}
  return [...new Set([...secretNames(site.objects.map(({ spec }) => spec)), ...Object.values(given ?? {})])]
    .filter((name) => !issuedNames(site).has(name))
    .toSorted()
}

/** Those that cert-manager makes. */
function issuedNames({ model }: Site): ReadonlySet<string> {
  if (model.spec.exposure.tls?.issuerRef === undefined) return new Set()
  return new Set([`${model.services.api.name}-tls`, `${model.services.websocket.name}-tls`])
}

function findingOf(use: SecretUse, secret: Secret | undefined): Finding {
  const { name, key, field } = use
  const where = `Secret/${name}, key "${key}"`
  if (secret === undefined) return missing(`Secret/${name}`, `does not exist; ${field} needs its key "${key}"`, field)
  const value = secret.data?.[key]
  if (value === undefined) {
    const keys = Object.keys(secret.data ?? {})
    return missing(
      where,
      `is not there (${keys.length === 0 ? 'it has no keys' : `there are ${keys.join(', ')}`})`,
      field,
    )
  }
  // As the services read it: without the end of line that editors add.
  const text = Buffer.from(value, 'base64')
    .toString('utf8')
    .replace(/[\r\n]+$/, '')
  const fault = formFault(use, text)
  if (fault === undefined) return ok(where, `has the form that ${field} needs`)
  return error({
    reason: 'InvalidSecret',
    where,
    what: fault,
    why: 'the pods of the services do not start with it',
    fix: `put a value of that form into the key (${field}); the value itself is not shown here`,
  })
}

function missing(where: string, what: string, field: string): Finding {
  return error({
    reason: 'MissingSecret',
    where,
    what,
    why: 'no pod starts without it: the operator waits (MissingSecret)',
    fix: `create it, or name another one in ${field} (docs/chatapp.md, "Prerequisites")`,
  })
}

/** Secrets that only a podTemplate names. */
function templateFindings({ model }: Site, names: readonly string[], secrets: ReadonlyMap<string, Secret>): Finding[] {
  const { images, exposure } = model.spec
  const checked = new Set([
    ...model.secrets.map(({ name }) => name),
    ...images.pullSecrets.map(({ name }) => name),
    ...Object.values(exposure.tls?.secretNames ?? {}),
  ])
  const others = names.filter((name) => !checked.has(name) && !secrets.has(name))
  return others.map((name) =>
    missing(`Secret/${name}`, 'does not exist, and a podTemplate names it', 'the podTemplate'),
  )
}
