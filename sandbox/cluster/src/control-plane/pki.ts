import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  createAuthority,
  signingKeyPair,
  type Authority,
  type Identity,
  type IdentityFiles,
} from '@chat-app/sandbox-machine'

/** Paths of the certificates and keys of a control plane. */
export interface PkiFiles {
  /** Root of the servers, and of the clients of the API server. */
  readonly ca: string
  /** Root of the aggregation layer's client. It is separate, so that no user's certificate is accepted for that client. */
  readonly frontProxyCa: string
  /** Root of etcd and its only client. It is separate, so that no user of the API can connect to etcd. */
  readonly etcdCa: string
  readonly etcd: IdentityFiles
  readonly etcdClient: IdentityFiles
  readonly apiServer: IdentityFiles
  /** Client certificate of the API server for requests to kubelets. */
  readonly kubeletClient: IdentityFiles
  readonly frontProxyClient: IdentityFiles
  readonly controllerManager: IdentityFiles
  readonly scheduler: IdentityFiles
  /** Signs service account tokens. */
  readonly serviceAccountKey: string
  readonly serviceAccountPublicKey: string
}

export interface PkiRequest {
  /** IP addresses of the API server besides 127.0.0.1, such as the first of the Service range and the node's. */
  readonly addresses: readonly string[]
  /** Host names of the API server besides the usual ones. @default [] */
  readonly dnsNames?: readonly string[]
  /** Nodes that get a client certificate and a serving certificate. @default [] */
  readonly nodes?: readonly { readonly name: string; readonly address: string }[]
}

/** Client certificates with their keys, for kubeconfigs. */
export interface ClientIdentities {
  readonly admin: Identity
  readonly controllerManager: Identity
  readonly scheduler: Identity
  readonly kubeProxy: Identity
  readonly coredns: Identity
  /** Client identity of each kubelet, by node name. */
  readonly kubelets: ReadonlyMap<string, Identity>
}

export interface Pki {
  readonly files: PkiFiles
  /** Root certificate of the API server, PEM. */
  readonly caCertificate: string
  readonly clients: ClientIdentities
  /** Serving certificate files of each kubelet, by node name. */
  readonly kubeletServing: ReadonlyMap<string, IdentityFiles>
}

const LOOPBACK = ['127.0.0.1']
const API_SERVER_NAMES = [
  'localhost',
  'kubernetes',
  'kubernetes.default',
  'kubernetes.default.svc',
  'kubernetes.default.svc.cluster.local',
]

/** Creates the certificates and keys of a cluster and writes those that processes read to `dir` (mode 0700, keys 0600). */
export async function writePki(dir: string, request: PkiRequest): Promise<Pki> {
  await mkdir(dir, { recursive: true, mode: 0o700 })
  const [ca, frontProxyCa, etcdCa] = await Promise.all([
    createAuthority('kubernetes-ca'),
    createAuthority('front-proxy-ca'),
    createAuthority('etcd-ca'),
  ])
  const files = {
    ca: await writeFileIn(dir, 'ca.crt', ca.certificate),
    frontProxyCa: await writeFileIn(dir, 'front-proxy-ca.crt', frontProxyCa.certificate),
    etcdCa: await writeFileIn(dir, 'etcd-ca.crt', etcdCa.certificate),
    ...(await writeEtcd(dir, etcdCa)),
    ...(await writeServers(dir, ca, request)),
    ...(await writeApiServerClients(dir, ca, frontProxyCa)),
    ...(await writeServiceAccountKeys(dir)),
  }
  return {
    files,
    caCertificate: ca.certificate,
    clients: await clientIdentities(ca, request),
    kubeletServing: await writeKubeletServing(dir, ca, request),
  }
}

async function writeEtcd(dir: string, ca: Authority): Promise<Pick<PkiFiles, 'etcd' | 'etcdClient'>> {
  const names = { dnsNames: ['localhost'], addresses: LOOPBACK }
  return {
    etcd: await write(dir, 'etcd', ca.issue({ commonName: 'etcd', ...names, usages: ['server', 'client'] })),
    etcdClient: await write(dir, 'etcd-client', ca.issue({ commonName: 'kube-apiserver', usages: ['client'] })),
  }
}

async function writeServers(
  dir: string,
  ca: Authority,
  request: PkiRequest,
): Promise<Pick<PkiFiles, 'apiServer' | 'controllerManager' | 'scheduler'>> {
  const serve = (commonName: string, dnsNames: readonly string[], addresses: readonly string[]) =>
    write(dir, commonName, ca.issue({ commonName, dnsNames, addresses, usages: ['server'] }))
  const dnsNames = [...API_SERVER_NAMES, ...(request.dnsNames ?? [])]
  return {
    apiServer: await serve('kube-apiserver', dnsNames, [...LOOPBACK, ...request.addresses]),
    controllerManager: await serve('kube-controller-manager', ['localhost'], LOOPBACK),
    scheduler: await serve('kube-scheduler', ['localhost'], LOOPBACK),
  }
}

async function writeApiServerClients(
  dir: string,
  ca: Authority,
  frontProxyCa: Authority,
): Promise<Pick<PkiFiles, 'kubeletClient' | 'frontProxyClient'>> {
  const usages = ['client'] as const
  const kubelet = { commonName: 'kube-apiserver-kubelet-client', organizations: ['system:masters'], usages }
  const proxy = { commonName: 'front-proxy-client', usages }
  return {
    kubeletClient: await write(dir, 'kubelet-client', ca.issue(kubelet)),
    frontProxyClient: await write(dir, 'front-proxy-client', frontProxyCa.issue(proxy)),
  }
}

async function writeServiceAccountKeys(
  dir: string,
): Promise<Pick<PkiFiles, 'serviceAccountKey' | 'serviceAccountPublicKey'>> {
  const { privateKey, publicKey } = signingKeyPair()
  return {
    serviceAccountKey: await writeFileIn(dir, 'service-account.key', privateKey, 0o600),
    serviceAccountPublicKey: await writeFileIn(dir, 'service-account.pub', publicKey),
  }
}

async function clientIdentities(ca: Authority, request: PkiRequest): Promise<ClientIdentities> {
  const client = (commonName: string, ...organizations: string[]) =>
    ca.issue({ commonName, organizations, usages: ['client'] })
  const kubelets = (request.nodes ?? []).map(
    async ({ name }) => [name, await client(`system:node:${name}`, 'system:nodes')] as const,
  )
  return {
    admin: await client('kubernetes-admin', 'system:masters'),
    controllerManager: await client('system:kube-controller-manager'),
    scheduler: await client('system:kube-scheduler'),
    kubeProxy: await client('system:kube-proxy'),
    coredns: await client('system:coredns'),
    kubelets: new Map(await Promise.all(kubelets)),
  }
}

async function writeKubeletServing(
  dir: string,
  ca: Authority,
  request: PkiRequest,
): Promise<ReadonlyMap<string, IdentityFiles>> {
  const entries = (request.nodes ?? []).map(async ({ name, address }) => {
    const certificate = ca.issue({
      commonName: `system:node:${name}`,
      organizations: ['system:nodes'],
      dnsNames: [name],
      addresses: [address],
      usages: ['server'],
    })
    return [name, await write(dir, `kubelet-${name}`, certificate)] as const
  })
  return new Map(await Promise.all(entries))
}

async function write(dir: string, name: string, identity: Promise<Identity>): Promise<IdentityFiles> {
  const { certificate, key } = await identity
  return {
    certificate: await writeFileIn(dir, `${name}.crt`, certificate),
    key: await writeFileIn(dir, `${name}.key`, key, 0o600),
  }
}

async function writeFileIn(dir: string, name: string, text: string, mode = 0o644): Promise<string> {
  const path = join(dir, name)
  await writeFile(path, text, { mode })
  return path
}
