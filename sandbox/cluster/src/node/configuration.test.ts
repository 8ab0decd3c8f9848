import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { writeConfiguration } from './configuration.ts'
import { network } from './network.ts'

let dir: string

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'chat-app-configuration-'))
  await writeConfiguration(dir, {
    network: network(2),
    cgroup: 'chat-app-sandbox-0123',
    kubelet: { certificate: '/sandbox/pki/k.crt', key: '/sandbox/pki/k.key', clientCa: '/sandbox/pki/ca.crt' },
    corednsKubeconfig: '/sandbox/pki/coredns.kubeconfig',
    registryPort: 5000,
  })
})

afterEach(() => rm(dir, { recursive: true }))

describe('configuration of a node', () => {
  it('makes the kubelet authenticate and authorize its clients through the API server', async () => {
    const kubelet = await read('kubelet.yaml')
    expect(kubelet.authentication).toEqual({
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: '/sandbox/pki/ca.crt' },
    })
    expect(kubelet.authorization).toEqual({ mode: 'Webhook' })
    expect(kubelet.tlsCertFile).toBe('/sandbox/pki/k.crt')
  })

  it("limits the kubelet to its cgroup, and pods to the cluster's DNS server", async () => {
    const kubelet = await read('kubelet.yaml')
    expect(kubelet).toMatchObject({ cgroupRoot: '/chat-app-sandbox-0123', clusterDNS: ['10.200.16.2'], resolvConf: '' })
  })

  it('gives pods addresses of the pod range only', async () => {
    const { plugins } = await read('cni/10-pods.conflist')
    expect(plugins).toEqual([expect.objectContaining({ type: 'ptp', ipMasq: false })])
    expect(plugins[0].ipam.ranges).toEqual([[{ subnet: '10.200.20.0/22' }]])
  })

  it('pulls by plain HTTP only from the registry at `registryPort`', async () => {
    expect(await text('containerd.toml')).toContain('config_path = "/sandbox/etc/registries"')
    expect(await readdir(join(dir, 'etc', 'registries'))).toEqual(['10.200.16.1:5000'])
    expect(await text('registries/10.200.16.1:5000/hosts.toml')).toContain('server = "http://10.200.16.1:5000"')
  })

  it('forwards no DNS query', async () => {
    expect(await text('Corefile')).not.toMatch(/forward|resolv\.conf/)
  })
})

async function read(name: string) {
  return parse(await text(name)) as Record<string, unknown> & { plugins: [{ ipam: { ranges: unknown } }] }
}

function text(name: string): Promise<string> {
  return readFile(join(dir, 'etc', name), 'utf8')
}
