import { join } from 'node:path'
import type { PkiFiles } from './pki.ts'
import type { Binary, IdentityFiles, ProcessSpec } from '@chat-app/sandbox-machine'

/** Configuration of a control plane. Both sizes of the sandbox use it: on loopback, and in the namespaces of a node. */
export interface ControlPlaneConfig {
  /** Folder for the data of etcd. */
  readonly dir: string
  readonly programs: Readonly<Pick<Record<Binary, string>, 'etcd' | 'kube-apiserver' | 'kube-controller-manager'>>
  readonly pki: PkiFiles
  /** Paths of the kubeconfigs, each with the component's client certificate. */
  readonly kubeconfigs: { readonly controllerManager: string; readonly scheduler?: string }
  readonly ports: ControlPlanePorts
  /** IP address on which the API server listens. */
  readonly bindAddress: string
  /** IP address at which pods reach the API server. A loopback address is not written to the Service `kubernetes`. */
  readonly advertiseAddress: string
  /** IPv4 range of Services, as a CIDR. */
  readonly serviceCidr: string
  /** IPv4 range of pods, as a CIDR, and the prefix length of each node's part. Only for a cluster with nodes. */
  readonly pods?: { readonly cidr: string; readonly nodePrefixLength: number }
}

/** TCP ports. All processes except the API server listen on 127.0.0.1. */
export interface ControlPlanePorts {
  readonly etcd: number
  readonly etcdPeer: number
  readonly apiServer: number
  readonly controllerManager: number
  readonly scheduler?: number
}

/** Issuer and audience of service account tokens. */
export const SERVICE_ACCOUNT_ISSUER = 'https://kubernetes.default.svc.cluster.local'

/** Less garbage collection saves a tenth of the CPU. Near the limit the collection is as usual. */
const LESS_COLLECTION = { GOGC: '400', GOMEMLIMIT: '700MiB' }

/** Returns the processes of the control plane in the order of their start. */
export function controlPlane(config: ControlPlaneConfig): ProcessSpec[] {
  const processes = [etcd(config), apiServer(config), controllerManager(config)]
  return processes.map((spec) => ({ ...spec, env: LESS_COLLECTION }))
}

/** One member without fsync: tests write a lot, and the data of a sandbox does not have to survive a power failure. */
export function etcd({ dir, programs, pki, ports }: ControlPlaneConfig): ProcessSpec {
  const client = loopback(ports.etcd)
  const peer = loopback(ports.etcdPeer)
  return {
    name: 'etcd',
    command: programs.etcd,
    args: [
      '--name=sandbox',
      `--data-dir=${join(dir, 'etcd')}`,
      '--unsafe-no-fsync',
      `--listen-client-urls=${client}`,
      `--advertise-client-urls=${client}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=sandbox=${peer}`,
      ...etcdTls(pki),
      '--auto-compaction-mode=periodic',
      '--auto-compaction-retention=10m',
      '--log-level=warn',
    ],
    ready: { url: `${client}/health`, ca: pki.etcdCa, client: pki.etcdClient },
  }
}

/** Starts together with etcd, because it retries until etcd responds. */
export function apiServer(config: ControlPlaneConfig): ProcessSpec {
  const { programs, pki, ports } = config
  return {
    name: 'kube-apiserver',
    command: programs['kube-apiserver'],
    args: [
      `--bind-address=${config.bindAddress}`,
      `--advertise-address=${config.advertiseAddress}`,
      `--secure-port=${ports.apiServer}`,
      ...serving(pki.apiServer),
      ...storeFlags(config),
      ...accessFlags(config),
      ...aggregationFlags(pki),
      ...kubeletFlags(pki),
      `--service-cluster-ip-range=${config.serviceCidr}`,
      `--endpoint-reconciler-type=${config.advertiseAddress.startsWith('127.') ? 'none' : 'lease'}`,
      '--allow-privileged=true',
      '--profiling=false',
    ],
    ready: { url: `${loopback(ports.apiServer)}/readyz`, ca: pki.ca },
  }
}

export function controllerManager(config: ControlPlaneConfig): ProcessSpec {
  const { programs, pki, ports, kubeconfigs } = config
  return {
    name: 'kube-controller-manager',
    command: programs['kube-controller-manager'],
    args: [
      ...clientFlags(kubeconfigs.controllerManager),
      ...componentServing(ports.controllerManager, pki.controllerManager),
      '--leader-elect=false',
      '--use-service-account-credentials=true',
      `--service-account-private-key-file=${pki.serviceAccountKey}`,
      `--root-ca-file=${pki.ca}`,
      `--client-ca-file=${pki.ca}`,
      ...aggregationClientFlags(pki),
      '--controllers=*,-cloud-node-lifecycle-controller,-node-route-controller,-service-lb-controller',
      '--kube-api-qps=200',
      '--kube-api-burst=400',
      '--horizontal-pod-autoscaler-sync-period=5s',
      '--profiling=false',
      ...podFlags(config),
    ],
    after: ['kube-apiserver'],
    ready: { url: `${loopback(ports.controllerManager)}/healthz`, ca: pki.ca },
  }
}

/** Only a cluster with nodes has a scheduler. */
export function scheduler(
  config: ControlPlaneConfig & {
    readonly programs: Readonly<Pick<Record<Binary, string>, 'kube-scheduler'>>
    readonly kubeconfigs: { readonly scheduler: string }
    readonly ports: { readonly scheduler: number }
  },
): ProcessSpec {
  const { programs, pki, ports, kubeconfigs } = config
  return {
    name: 'kube-scheduler',
    command: programs['kube-scheduler'],
    args: [
      ...clientFlags(kubeconfigs.scheduler),
      ...componentServing(ports.scheduler, pki.scheduler),
      '--leader-elect=false',
      `--client-ca-file=${pki.ca}`,
      ...aggregationClientFlags(pki),
      '--profiling=false',
    ],
    after: ['kube-apiserver'],
    ready: { url: `${loopback(ports.scheduler)}/healthz`, ca: pki.ca },
  }
}

function etcdTls(pki: PkiFiles): string[] {
  return [
    '--client-cert-auth',
    `--trusted-ca-file=${pki.etcdCa}`,
    `--cert-file=${pki.etcd.certificate}`,
    `--key-file=${pki.etcd.key}`,
    '--peer-client-cert-auth',
    `--peer-trusted-ca-file=${pki.etcdCa}`,
    `--peer-cert-file=${pki.etcd.certificate}`,
    `--peer-key-file=${pki.etcd.key}`,
  ]
}

function storeFlags({ pki, ports }: ControlPlaneConfig): string[] {
  return [
    `--etcd-servers=${loopback(ports.etcd)}`,
    `--etcd-cafile=${pki.etcdCa}`,
    `--etcd-certfile=${pki.etcdClient.certificate}`,
    `--etcd-keyfile=${pki.etcdClient.key}`,
  ]
}

/** Authentication (client certificates, service account tokens), authorization and admission. */
function accessFlags({ pki }: ControlPlaneConfig): string[] {
  return [
    `--client-ca-file=${pki.ca}`,
    `--service-account-issuer=${SERVICE_ACCOUNT_ISSUER}`,
    `--api-audiences=${SERVICE_ACCOUNT_ISSUER}`,
    `--service-account-key-file=${pki.serviceAccountPublicKey}`,
    `--service-account-signing-key-file=${pki.serviceAccountKey}`,
    '--authorization-mode=Node,RBAC',
    // In addition to the default plugins, which include PodSecurity.
    '--enable-admission-plugins=NodeRestriction',
  ]
}

/** An aggregated API server (metrics-server) reads the user of a request from these headers. */
function aggregationFlags(pki: PkiFiles): string[] {
  return [
    `--proxy-client-cert-file=${pki.frontProxyClient.certificate}`,
    `--proxy-client-key-file=${pki.frontProxyClient.key}`,
    '--requestheader-allowed-names=front-proxy-client',
    '--requestheader-username-headers=X-Remote-User',
    '--requestheader-group-headers=X-Remote-Group',
    '--requestheader-extra-headers-prefix=X-Remote-Extra-',
    ...aggregationClientFlags(pki),
  ]
}

function aggregationClientFlags(pki: PkiFiles): string[] {
  return [`--requestheader-client-ca-file=${pki.frontProxyCa}`]
}

function kubeletFlags(pki: PkiFiles): string[] {
  return [
    `--kubelet-certificate-authority=${pki.ca}`,
    `--kubelet-client-certificate=${pki.kubeletClient.certificate}`,
    `--kubelet-client-key=${pki.kubeletClient.key}`,
    // The host names of nodes cannot be resolved.
    '--kubelet-preferred-address-types=InternalIP',
  ]
}

function podFlags({ pods, serviceCidr }: ControlPlaneConfig): string[] {
  if (!pods) return []
  return [
    '--allocate-node-cidrs=true',
    `--cluster-cidr=${pods.cidr}`,
    `--service-cluster-ip-range=${serviceCidr}`,
    `--node-cidr-mask-size=${pods.nodePrefixLength}`,
  ]
}

function clientFlags(kubeconfig: string): string[] {
  return [
    `--kubeconfig=${kubeconfig}`,
    `--authentication-kubeconfig=${kubeconfig}`,
    `--authorization-kubeconfig=${kubeconfig}`,
  ]
}

function componentServing(port: number, identity: IdentityFiles): string[] {
  return ['--bind-address=127.0.0.1', `--secure-port=${port}`, ...serving(identity)]
}

function serving(identity: IdentityFiles): string[] {
  return [`--tls-cert-file=${identity.certificate}`, `--tls-private-key-file=${identity.key}`]
}

function loopback(port: number): string {
  return `https://127.0.0.1:${port}`
}
