import type { Resource } from '@chat-app/chat/resources'
import type { KubernetesObject } from '@chat-app/chat'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { ApiServer } from './api-server.ts'
import { eventually } from '@chat-app/testing'

const CHAT_APPS = join(import.meta.dirname, '..', '..', '..', '..', 'crds', 'chatapp.yaml')

export const CRDS: Resource = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
}

/** Creates the CRD of ChatApp and waits until it is established. */
export async function installChatApps(kubeconfig: string): Promise<void> {
  const server = ApiServer.of(kubeconfig)
  try {
    await server.create(parse(readFileSync(CHAT_APPS, 'utf8')) as KubernetesObject)
    await established(server)
  } finally {
    await server.close()
  }
}

/** Waits until all CRDs are established. (`kubectl wait` fails for a CRD that has no conditions yet.) */
export async function established(server: ApiServer): Promise<void> {
  const all = async (): Promise<void> => {
    for (const { metadata, status } of await server.list<Crd>(CRDS)) {
      const condition = status?.conditions?.find(({ type }) => type === 'Established')
      if (condition?.status !== 'True') throw new Error(`${metadata.name} is not established`)
    }
  }
  await eventually(all)
}

/**
 * The CRD of a namespaced kind with any fields and a status.
 *
 * @param versions the served versions; the API server prefers the highest. The first one is stored. @default its own
 */
export function crdOf({ group, version, kind, plural }: Resource, versions = [version]): KubernetesObject {
  const openAPIV3Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${plural}.${group}`,
      // A group of Kubernetes itself needs the approval of its API.
      annotations: { 'api-approved.kubernetes.io': 'unapproved, for a test' },
    },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
      versions: versions.map((name, index) => ({
        name,
        served: true,
        storage: index === 0,
        schema: { openAPIV3Schema },
        subresources: { status: {} },
      })),
    },
  }
}

interface Crd {
  readonly metadata: { readonly name: string }
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] }
}
