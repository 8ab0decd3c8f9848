import { join } from 'node:path'
import { controlPlane, scheduler } from '../control-plane/components.ts'
import type { PkiFiles } from '../control-plane/pki.ts'
import type { ProcessSpec, Binary } from '@chat-app/sandbox-machine'
import { NODE_NAME } from './configuration.ts'
import { INSIDE } from './inside.ts'
import type { Network } from './network.ts'

/** Paths of the kubeconfigs, each with the component's client certificate. */
export interface Kubeconfigs {
  readonly controllerManager: string
  readonly scheduler: string
  readonly kubelet: string
  readonly kubeProxy: string
}

export interface NodeProcessesRequest {
  readonly dir: string
  readonly network: Network
  readonly pki: PkiFiles
  readonly kubeconfigs: Kubeconfigs
}

/** Ports in the node's network namespace, where the default ports are free. */
export const API_SERVER_PORT = 6443
const PORTS = { etcd: 2379, etcdPeer: 2380, apiServer: API_SERVER_PORT, controllerManager: 10_257, scheduler: 10_259 }

/** Returns the processes of a node in the order of their start. */
export function nodeProcesses(request: NodeProcessesRequest): ProcessSpec[] {
  const config = controlPlaneConfig(request)
  const [etcd, apiServer, ...controllers] = controlPlane(config)
  const first = [containerd(), etcd, apiServer].filter((spec) => spec !== undefined)
  return [...first, kubelet(request), ...controllers, scheduler(config), kubeProxy(request), coredns()]
}

function controlPlaneConfig({ dir, network, pki, kubeconfigs }: NodeProcessesRequest) {
  return {
    dir: join(dir, 'data'),
    programs: {
      etcd: program('etcd'),
      'kube-apiserver': program('kube-apiserver'),
      'kube-controller-manager': program('kube-controller-manager'),
      'kube-scheduler': program('kube-scheduler'),
    },
    pki,
    kubeconfigs,
    ports: PORTS,
    bindAddress: '0.0.0.0',
    advertiseAddress: network.nodeAddress,
    serviceCidr: network.serviceCidr,
    pods: { cidr: network.podCidr, nodePrefixLength: network.podPrefixLength },
  } satisfies Parameters<typeof scheduler>[0]
}

function containerd(): ProcessSpec {
  return { name: 'containerd', command: '/usr/bin/containerd', args: ['--config', '/run/containerd.toml'] }
}

function kubelet({ network, kubeconfigs }: NodeProcessesRequest): ProcessSpec {
  return {
    name: 'kubelet',
    command: program('kubelet'),
    args: [
      `--config=${INSIDE.dir}/etc/kubelet.yaml`,
      `--kubeconfig=${kubeconfigs.kubelet}`,
      `--hostname-override=${NODE_NAME}`,
      `--node-ip=${network.nodeAddress}`,
      '--root-dir=/var/lib/kubelet',
      '--cert-dir=/var/lib/kubelet/pki',
      '--volume-plugin-dir=/var/lib/kubelet/plugins-exec',
    ],
    after: ['kube-apiserver'],
  }
}

/** The conntrack flags are 0 because the limits of connection tracking belong to the whole machine and must not change. */
function kubeProxy({ network, kubeconfigs }: NodeProcessesRequest): ProcessSpec {
  return {
    name: 'kube-proxy',
    command: program('kube-proxy'),
    args: [
      `--kubeconfig=${kubeconfigs.kubeProxy}`,
      `--hostname-override=${NODE_NAME}`,
      `--cluster-cidr=${network.podCidr}`,
      '--proxy-mode=iptables',
      '--nodeport-addresses=primary',
      '--iptables-min-sync-period=100ms',
      '--conntrack-max-per-core=0',
      '--conntrack-tcp-timeout-established=0',
      '--conntrack-tcp-timeout-close-wait=0',
      '--healthz-bind-address=127.0.0.1',
      '--metrics-bind-address=127.0.0.1',
    ],
    after: ['kube-apiserver'],
  }
}

function coredns(): ProcessSpec {
  return {
    name: 'coredns',
    command: program('coredns'),
    args: ['-conf', `${INSIDE.dir}/etc/Corefile`],
    after: ['kube-apiserver'],
  }
}

function program(name: Binary): string {
  return `${INSIDE.programs}/${name}`
}
