import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { stringify } from 'yaml'
import { INSIDE } from './inside.ts'
import type { Network } from './network.ts'

export const NODE_NAME = 'node-1'
export const PAUSE_IMAGE = 'sandbox.local/pause:1'

export interface ConfigurationRequest {
  readonly network: Network
  /** Name of the parent cgroup of the node's pods. */
  readonly cgroup: string
  /** Paths, inside the node, of the kubelet's serving certificate and of the root that signs its clients' certificates. */
  readonly kubelet: { readonly certificate: string; readonly key: string; readonly clientCa: string }
  readonly corednsKubeconfig: string
  /** Port of a plain HTTP registry at `network.hostAddress`. */
  readonly registryPort?: number | undefined
}

/** Writes the configuration of containerd, the CNI plugins, the kubelet and CoreDNS to `dir/etc`. */
export async function writeConfiguration(dir: string, request: ConfigurationRequest): Promise<void> {
  const files: Record<string, string> = {
    'containerd.toml': containerd(),
    'cni/10-pods.conflist': JSON.stringify(cni(request.network), null, 2),
    'kubelet.yaml': stringify(kubelet(request)),
    Corefile: corefile(request),
    passwd: 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n',
    group: 'root:x:0:\nnogroup:x:65534:\n',
    hosts: `127.0.0.1 localhost\n${request.network.nodeAddress} ${NODE_NAME}\n`,
    'nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files\n',
    ...plainHttpRegistry(request),
  }
  for (const [name, text] of Object.entries(files)) {
    const path = join(dir, 'etc', name)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, text)
  }
}

/** Without `restrict_oom_score_adj`, no pod starts if CAP_SYS_RESOURCE is missing, as in many virtual machines. */
function containerd(): string {
  return `version = 2
root = "/var/lib/containerd"
state = "/run/containerd/state"
[grpc]
address = "${INSIDE.runtimeSocket}"
[plugins."io.containerd.grpc.v1.cri"]
restrict_oom_score_adj = true
sandbox_image = "${PAUSE_IMAGE}"
[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "/usr/lib/cni"
conf_dir = "${INSIDE.dir}/etc/cni"
[plugins."io.containerd.grpc.v1.cri".registry]
config_path = "${INSIDE.dir}/etc/registries"
[plugins."io.containerd.grpc.v1.cri".containerd]
# SNAPSHOTTER: init.sh replaces this line with the snapshotter that works on this machine.
`
}

/** containerd uses HTTPS for a registry without such a file (docs/hosts.md of containerd). */
function plainHttpRegistry({ network, registryPort }: ConfigurationRequest): Record<string, string> {
  if (registryPort === undefined) return {}
  const host = `${network.hostAddress}:${registryPort}`
  const text = `server = "http://${host}"\n[host."http://${host}"]\ncapabilities = ["pull", "resolve"]\n`
  return { [`registries/${host}/hosts.toml`]: text }
}

/**
 * Each pod has a point-to-point link to the node, and every packet is routed. So kube-proxy's rules also apply to
 * packets between two pods of the node. With a bridge, that would need a kernel module that may not be loaded.
 */
function cni({ podCidr }: Network): object {
  const ipam = {
    type: 'host-local',
    dataDir: `${INSIDE.dir}/data/addresses`,
    ranges: [[{ subnet: podCidr }]],
    routes: [{ dst: '0.0.0.0/0' }],
  }
  return { cniVersion: '0.4.0', name: 'pods', plugins: [{ type: 'ptp', ipMasq: false, ipam }] }
}

function kubelet({ network, cgroup, kubelet: files }: ConfigurationRequest): object {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address: network.nodeAddress,
    tlsCertFile: files.certificate,
    tlsPrivateKeyFile: files.key,
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: files.clientCa },
    },
    authorization: { mode: 'Webhook' },
    cgroupDriver: 'cgroupfs',
    cgroupRoot: `/${cgroup}`,
    failCgroupV1: false,
    failSwapOn: false,
    containerRuntimeEndpoint: `unix://${INSIDE.runtimeSocket}`,
    clusterDomain: 'cluster.local',
    clusterDNS: [network.nodeAddress],
    // Pods use only the DNS server of the cluster, not those of this machine.
    resolvConf: '',
    // The user's machine may have little free space. Images of the sandbox are never deleted.
    evictionHard: { 'memory.available': '100Mi', 'nodefs.available': '1%', 'imagefs.available': '1%' },
    imageGCHighThresholdPercent: 100,
    // No limit, so that a pod that cannot pull an image reports it immediately.
    registryPullQPS: 0,
    serializeImagePulls: false,
    // Tests cause faults, which must be visible within seconds.
    nodeStatusUpdateFrequency: '5s',
    // The time until a changed Secret is in the files of its pods. The default is one minute.
    syncFrequency: '5s',
    healthzBindAddress: '127.0.0.1',
  }
}

/** Without the forward plugin, a query for a name outside the cluster gets an error. */
function corefile({ corednsKubeconfig }: ConfigurationRequest): string {
  return `.:53 {
    errors
    ready 127.0.0.1:8181
    kubernetes cluster.local in-addr.arpa ip6.arpa . {
        kubeconfig ${corednsKubeconfig}
        pods insecure
        ttl 5
    }
    loadbalance
}
`
}
