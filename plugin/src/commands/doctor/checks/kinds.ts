import { neededKinds } from '@chat-app/chat'
import { apiVersionOf, kindOf, OPTIONAL_CHILDREN, type Resource } from '@chat-app/chat/resources'
import { API_VERSION, crd, GROUP, PLURAL, VERSION } from '@chat-app/crds'
import type { Cluster } from '../../../cluster/cluster.ts'
import { readPath } from '../../../cluster/read.ts'
import { error, ok, skipped, warning, type Finding } from '../finding.ts'
import type { Check, Site } from '../site.ts'
import { schemaPaths, usedPaths, type Schema } from './schema-paths.ts'

/** Whether the cluster serves the kinds that the ChatApp needs, in the versions that it needs. */
export const kindsCheck: Check = {
  name: 'Kinds',
  async run(site) {
    const others = [...optionalKinds(site), ...certificateKinds(site)]
    const found = await Promise.all(others.map((kind) => served(site.cluster, kind)))
    return [...(await ownKind(site)), ...found]
  },
}

async function ownKind(site: Site): Promise<Finding[]> {
  const where = `${PLURAL}.${GROUP}`
  const group = await readPath<{ versions: { version: string }[] }>(site.cluster, `/apis/${GROUP}`)
  if (group.is === 'missing')
    return [
      error({
        reason: 'MissingKind',
        where,
        what: 'the cluster does not have the CRD of ChatApp',
        why: 'the API server refuses every ChatApp',
        fix: 'kubectl apply --server-side -f install-crd.yaml -f install.yaml (docs/install.md)',
      }),
    ]
  if (group.is !== 'read') return [skipped(where, `not read: ${group.reason}`)]
  const versions = group.value.versions.map(({ version }) => version)
  if (!versions.includes(VERSION))
    return [
      error({
        reason: 'WrongVersion',
        where,
        what: `the CRD serves ${versions.join(', ')}, and not ${VERSION}`,
        why: 'the ChatApp and the operator use a version that is not served',
        fix: 'apply the install-crd.yaml of the release of the operator',
      }),
    ]
  return schemaFindings(site, where)
}

/** Compares the fields of the CRD with those of this plugin. */
async function schemaFindings({ cluster, chatApp }: Site, where: string): Promise<Finding[]> {
  const read = await readPath<OpenApi>(cluster, `/openapi/v3/apis/${API_VERSION}`)
  if (read.is !== 'read') return [skipped(where, `its fields are not read: ${read.reason}`)]
  const live = Object.entries(read.value.components.schemas).find(([name]) => name.endsWith('.ChatApp'))?.[1]
  if (live === undefined) return [skipped(where, 'the API server does not show its fields')]
  const { openAPIV3Schema } = crd().spec.versions[0]!.schema
  const theirs = schemaPaths(live, 'spec')
  const ours = schemaPaths(openAPIV3Schema, 'spec')
  const lacking = [...ours].filter((path) => !theirs.has(path))
  const used = usedPaths(chatApp.spec, 'spec')
  const missed = lacking.filter((path) => used.has(path))
  if (missed.length > 0)
    return [
      error({
        reason: 'OldKind',
        where,
        what: `the CRD of the cluster does not have ${missed.join(', ')}, which the ChatApp sets`,
        why: 'the API server refuses the field or drops it',
        fix: 'apply the install-crd.yaml of a release that has the field, with its operator',
      }),
    ]
  if (lacking.length > 0)
    return [
      warning({
        reason: 'OldKind',
        where,
        what: `the CRD of the cluster is older than this plugin: it does not have ${some(lacking)}`,
        why: 'what this plugin says of these fields is not true there',
        fix: 'use the plugin of the release of the operator, or upgrade both (docs/upgrade.md)',
      }),
    ]
  const newer = [...theirs].filter((path) => !ours.has(path))
  if (newer.length > 0)
    return [
      warning({
        reason: 'NewKind',
        where,
        what: `the CRD of the cluster is newer than this plugin, which does not know ${some(newer)}`,
        why: 'this plugin does not check these fields',
        fix: 'use the plugin of the release of the operator',
      }),
    ]
  return [ok(where, `${VERSION}, with the fields of this plugin`)]
}

interface OpenApi {
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
}

const MAX_SHOWN = 5

function some(paths: readonly string[]): string {
  const left = paths.length - MAX_SHOWN
  return `${paths.slice(0, MAX_SHOWN).join(', ')}${left > 0 ? ` and ${left} more` : ''}`
}

interface Kind extends Omit<Resource, 'plural'> {
  /** The field that needs it; undefined where it is used if it is there. */
  readonly field?: string
  readonly project: string
}

const PROJECTS: Readonly<Record<string, string>> = {
  'monitoring.coreos.com': 'the Prometheus Operator',
  'gateway.networking.k8s.io': 'the Gateway API',
}

function optionalKinds({ model, objects }: Site): Kind[] {
  const needed = new Map(neededKinds(model).map(({ kind, field }) => [kind, field]))
  const rendered = new Set(objects.map(({ apiVersion, kind }) => `${apiVersion}/${kind}`))
  const gateway = { group: 'gateway.networking.k8s.io', version: 'v1', kind: 'Gateway' }
  const used = OPTIONAL_CHILDREN.filter((child) => rendered.has(`${apiVersionOf(child)}/${child.kind}`))
  return [
    ...used.map((child) => ({
      ...child,
      ...(needed.has(kindOf(child)) && { field: needed.get(kindOf(child))! }),
      project: PROJECTS[child.group] ?? child.group,
    })),
    ...(model.spec.exposure.type === 'Gateway'
      ? [{ ...gateway, field: 'spec.exposure.gateway', project: PROJECTS[gateway.group]! }]
      : []),
  ]
}

function certificateKinds({ model }: Site): Kind[] {
  const issuer = model.spec.exposure.tls?.issuerRef
  if (issuer === undefined) return []
  const field = 'spec.exposure.tls.issuerRef'
  const project = 'cert-manager'
  return ['Certificate', issuer.kind].map((kind) => ({ group: 'cert-manager.io', version: 'v1', kind, field, project }))
}

async function served(cluster: Cluster, { group, version, kind, field, project }: Kind): Promise<Finding> {
  const where = `${group}/${version} ${kind}`
  const read = await readPath<{ resources: { kind: string }[] }>(cluster, `/apis/${group}/${version}`)
  if (read.is === 'read' && read.value.resources.some((each) => each.kind === kind)) return ok(where, 'is served')
  if (read.is === 'forbidden' || read.is === 'failed') return skipped(where, `not read: ${read.reason}`)
  if (field === undefined) return skipped(where, `${project} is not installed: the operator creates no ${kind}`)
  return error({
    reason: 'MissingKind',
    where,
    what: `the cluster does not serve this kind, which ${field} needs`,
    why: `the operator cannot use it, and the ChatApp does not become Ready`,
    fix: `install ${project}, or change ${field}`,
  })
}
