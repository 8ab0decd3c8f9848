import { writeFile } from 'node:fs/promises'
import { stringify } from 'yaml'
import type { Identity } from '@chat-app/sandbox-machine'

export interface KubeconfigRequest {
  /** Name of the cluster and of the context. */
  readonly name: string
  /** URL of the API server. */
  readonly server: string
  /** Root certificate of the API server, PEM. */
  readonly caCertificate: string
  readonly identity: Identity
  /** @default 'admin' */
  readonly user?: string
  /** @default 'default' */
  readonly namespace?: string
}

/** Returns a kubeconfig (YAML) with embedded certificates, so that the file can be moved. */
export function kubeconfig(request: KubeconfigRequest): string {
  const { name, server, identity, user = 'admin', namespace = 'default' } = request
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server, 'certificate-authority-data': base64(request.caCertificate) } }],
    users: [
      {
        name: user,
        user: {
          'client-certificate-data': base64(identity.certificate),
          'client-key-data': base64(identity.key),
        },
      },
    ],
    contexts: [{ name, context: { cluster: name, user, namespace } }],
    'current-context': name,
  })
}

/** Writes the kubeconfig with mode 0600, because it contains a private key. Returns the path. */
export async function writeKubeconfig(path: string, request: KubeconfigRequest): Promise<string> {
  await writeFile(path, kubeconfig(request), { mode: 0o600 })
  return path
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}
