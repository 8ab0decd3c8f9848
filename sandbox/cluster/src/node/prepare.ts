import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { nodeBinary } from '@chat-app/sandbox-images'
import { writeKubeconfig } from '../control-plane/kubeconfig.ts'
import { writePki, type Pki } from '../control-plane/pki.ts'
import { PACKAGE_FOLDER, logFile, planFile, type SupervisorPlan, type Binary } from '@chat-app/sandbox-machine'
import { NODE_NAME, writeConfiguration } from './configuration.ts'
import { sandboxId } from './identity.ts'
import { INSIDE, withInsidePaths } from './inside.ts'
import type { Network } from './network.ts'
import { volumeFolders } from './objects.ts'
import { API_SERVER_PORT, nodeProcesses, type Kubeconfigs } from './processes.ts'

/** Returns the files and folders of this machine that a node needs: path inside the node -> path here. */
export function nodeBinds(programs: Readonly<Record<Binary, string>>): Record<string, string> {
  return {
    [INSIDE.package]: PACKAGE_FOLDER,
    [INSIDE.node]: nodeBinary().file,
    ...Object.fromEntries(Object.entries(programs).map(([name, path]) => [`${INSIDE.programs}/${name}`, path])),
  }
}

/**
 * Writes certificates, configuration and the supervisor's plan to `dir`. Returns the path of the API server's root
 * certificate.
 */
export async function prepareNode(
  dir: string,
  name: string,
  network: Network,
  registryPort?: number,
): Promise<{ ca: string }> {
  await makeVolumeFolders(dir)
  const pki = await writePki(join(dir, 'pki'), {
    addresses: [network.nodeAddress, network.apiServiceAddress],
    nodes: [{ name: NODE_NAME, address: network.nodeAddress }],
  })
  const kubeconfigs = await writeKubeconfigs(dir, name, network, pki)
  const kubelet = pki.kubeletServing.get(NODE_NAME)
  if (!kubelet) throw new Error(`no serving certificate was made for ${NODE_NAME}`)
  await writeConfiguration(dir, {
    network,
    cgroup: sandboxId(dir),
    registryPort,
    ...withInsidePaths(dir, {
      kubelet: { ...kubelet, clientCa: pki.files.ca },
      corednsKubeconfig: kubeconfigs.coredns,
    }),
  })
  const processes = nodeProcesses({ dir, network, pki: pki.files, kubeconfigs })
  await makeLogs(dir, ['node', 'supervisor', ...processes.map((process) => process.name)])
  const plan: SupervisorPlan = { dir, processes, lifetime: 'detached' }
  await writeFile(planFile(dir), JSON.stringify(withInsidePaths(dir, plan), undefined, 2))
  return { ca: pki.files.ca }
}

async function writeKubeconfigs(
  dir: string,
  name: string,
  network: Network,
  { clients, caCertificate }: Pki,
): Promise<Kubeconfigs & { coredns: string }> {
  const shared = { name, server: serverUrl(network), caCertificate }
  await writeKubeconfig(join(dir, 'kubeconfig'), { ...shared, identity: clients.admin })
  const kubelet = clients.kubelets.get(NODE_NAME)
  if (!kubelet) throw new Error(`no client certificate was made for ${NODE_NAME}`)
  const write = (file: string, user: string, identity: typeof clients.admin): Promise<string> =>
    writeKubeconfig(join(dir, 'pki', `${file}.kubeconfig`), { ...shared, user, identity })
  return {
    controllerManager: await write('controller-manager', 'system:kube-controller-manager', clients.controllerManager),
    scheduler: await write('scheduler', 'system:kube-scheduler', clients.scheduler),
    kubelet: await write('kubelet', `system:node:${NODE_NAME}`, kubelet),
    kubeProxy: await write('kube-proxy', 'system:kube-proxy', clients.kubeProxy),
    coredns: await write('coredns', 'system:coredns', clients.coredns),
  }
}

export function serverUrl(network: Network): string {
  return `https://${network.nodeAddress}:${API_SERVER_PORT}`
}

/** Sets the mode with chmod, because the umask applies to mkdir. */
async function makeVolumeFolders(dir: string): Promise<void> {
  for (const folder of volumeFolders(dir)) {
    await mkdir(folder, { recursive: true })
    await chmod(folder, 0o777)
  }
}

/** Creates the log files as the user, so that the user can read what root's processes append. */
async function makeLogs(dir: string, names: readonly string[]): Promise<void> {
  await mkdir(join(dir, 'logs'), { recursive: true })
  for (const name of names) await writeFile(logFile(dir, name), '')
}
