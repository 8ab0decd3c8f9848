import type { Chart } from 'cdk8s'
import { KubeServiceAccount } from 'cdk8s-plus-27/lib/imports/k8s.js'
import { Manifest } from '@chat-app/chat/constructs'
import { platformLabels } from '../../objects/pod.ts'
import type { Credential, Held, KeyOfSecret, Part } from './credential.ts'
import type { VaultValues } from '../../environment/secrets.ts'

const API_VERSION = 'external-secrets.io/v1'
const STORE = 'vault'
const READER = 'vault-reader'

/**
 * An ExternalSecret for each credential, and a SecretStore with an identity of its own for each namespace, so that
 * Vault can limit what a namespace reads. A password is in Vault once; copies are rendered from it.
 */
export function externalSecrets(
  chart: Chart,
  environment: string,
  vault: VaultValues,
  table: readonly Credential[],
): void {
  for (const namespace of new Set(table.map((credential) => credential.namespace))) store(chart, namespace, vault)
  for (const credential of table) externalSecret(chart, environment, credential, table)
}

function store(chart: Chart, namespace: string, vault: VaultValues): void {
  const { server, authority, path, authenticationPath, rolePrefix } = vault
  new KubeServiceAccount(chart, `${READER}-${namespace}`, {
    metadata: { name: READER, namespace, labels: platformLabels(READER) },
    automountServiceAccountToken: false,
  })
  const kubernetes = {
    mountPath: authenticationPath,
    role: `${rolePrefix}-${namespace}`,
    serviceAccountRef: { name: READER },
  }
  const trusted = authority === undefined ? {} : { caBundle: Buffer.from(authority).toString('base64') }
  new Manifest(chart, `store-${namespace}`, {
    apiVersion: API_VERSION,
    kind: 'SecretStore',
    metadata: { name: STORE, namespace },
    spec: { provider: { vault: { server, ...trusted, path, version: 'v2', auth: { kubernetes } } } },
  })
}

function externalSecret(chart: Chart, environment: string, credential: Credential, table: readonly Credential[]): void {
  const { namespace, name, data } = credential
  const needed = new Map<string, Source>()
  const template = Object.fromEntries(
    Object.entries(data).map(([key, parts]) => [key, parts.map((part) => text(part)).join('')]),
  )
  new Manifest(chart, `secret-${namespace}-${name}`, {
    apiVersion: API_VERSION,
    kind: 'ExternalSecret',
    metadata: { name, namespace },
    spec: {
      refreshInterval: '1h',
      secretStoreRef: { kind: 'SecretStore', name: STORE },
      target: {
        name,
        creationPolicy: 'Owner',
        // Keeps the credentials of running pods when Vault loses them.
        deletionPolicy: 'Retain',
        template: { engineVersion: 'v2', data: template },
      },
      data: [...needed].map(([secretKey, { secret, property }]) => ({
        secretKey,
        remoteRef: { key: `chat-app/${environment}/${secret}`, property },
      })),
    },
  })

  function text(part: Part): string {
    if (typeof part === 'string') return part
    const source = sourceOf(part, name, table)
    const variable = `${source.secret}_${source.property}`.replaceAll(/[^A-Za-z0-9_]/g, '_')
    needed.set(variable, source)
    // `urlquery` writes a space as `+`, which only forms decode.
    const encoded = 'held' in part && part.isEncoded ? ' | urlquery | replace "+" "%20"' : ''
    return `{{ .${variable}${encoded} }}`
  }
}

/** The place of a value in Vault. */
export interface Source {
  /** Last part of the path, which begins with `chat-app/<environment>/`. */
  readonly secret: string
  readonly property: string
}

/**
 * The place in Vault of a value, or of the value that it copies.
 *
 * @throws Error for a copy whose source is not exactly one held value of the table
 */
export function sourceOf(part: Exclude<Part, string>, name: string, table: readonly Credential[]): Source {
  if ('held' in part) return { secret: name, property: part.held }
  const [value, ...more] = partsOf(part.copied, table)
  if (value === undefined || typeof value === 'string' || more.length > 0)
    throw new Error(`${shown(part.copied)} is copied, but it is not exactly one held value`)
  return sourceOf(value, part.copied.name, table)
}

function partsOf({ namespace, name, key }: KeyOfSecret, table: readonly Credential[]): readonly (Part | Held)[] {
  return table.find((credential) => credential.namespace === namespace && credential.name === name)?.data[key] ?? []
}

function shown({ namespace, name, key }: KeyOfSecret): string {
  return `${namespace}/${name}/${key}`
}
