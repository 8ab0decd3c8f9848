import { X509Certificate, createPrivateKey } from 'node:crypto'
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { kubeconfig } from './kubeconfig.ts'
import { writePki, type Pki } from './pki.ts'

const dir = mkdtempSync(join(tmpdir(), 'pki-'))
let pki: Pki

beforeAll(async () => {
  const nodes = [{ name: 'node-1', address: '10.200.0.2' }]
  pki = await writePki(dir, { addresses: ['10.96.0.1'], dnsNames: ['sandbox'], nodes })
})
afterAll(() => rmSync(dir, { recursive: true }))

const certificate = (path: string): X509Certificate => new X509Certificate(readFileSync(path))

describe('certificates', () => {
  test('are each signed by one of the three roots, and not by the others', () => {
    const { files } = pki
    const roots = [files.ca, files.frontProxyCa, files.etcdCa].map(certificate)
    const signedBy = (path: string): boolean[] => roots.map((root) => certificate(path).verify(root.publicKey))
    expect(signedBy(files.apiServer.certificate)).toEqual([true, false, false])
    expect(signedBy(files.kubeletClient.certificate)).toEqual([true, false, false])
    expect(signedBy(files.frontProxyClient.certificate)).toEqual([false, true, false])
    expect(signedBy(files.etcd.certificate)).toEqual([false, false, true])
    expect(signedBy(files.etcdClient.certificate)).toEqual([false, false, true])
  })

  test('do not have the name of their root, because clients would treat them as self-signed', () => {
    const issued = readdirSync(dir).filter((name) => name.endsWith('.crt') && !name.endsWith('ca.crt'))
    expect(issued.length).toBeGreaterThan(7)
    for (const name of issued) {
      const { subject, issuer, ca } = certificate(join(dir, name))
      expect({ name, selfNamed: subject === issuer, ca }).toEqual({ name, selfNamed: false, ca: false })
    }
  })

  test('of the API server contain all its names and addresses', () => {
    const server = certificate(pki.files.apiServer.certificate)
    const hosts = ['localhost', 'kubernetes.default.svc', 'kubernetes.default.svc.cluster.local', 'sandbox']
    expect(hosts.map((host) => server.checkHost(host))).toEqual(hosts)
    expect(['127.0.0.1', '10.96.0.1'].map((address) => server.checkIP(address))).toEqual(['127.0.0.1', '10.96.0.1'])
    expect(server.checkHost('example.com')).toBeUndefined()
  })

  test('are valid for a year', () => {
    const { validFrom, validTo } = certificate(pki.files.apiServer.certificate)
    expect(Date.parse(validFrom)).toBeLessThan(Date.now())
    expect((Date.parse(validTo) - Date.now()) / 86_400_000).toBeCloseTo(365, 0)
  })

  test('of clients contain the names and groups that Kubernetes grants rights to', () => {
    const { clients } = pki
    const subject = (pem = ''): string => new X509Certificate(pem).subject
    expect(subject(clients.admin.certificate)).toBe('O=system:masters\nCN=kubernetes-admin')
    expect(subject(clients.controllerManager.certificate)).toBe('CN=system:kube-controller-manager')
    expect(subject(clients.scheduler.certificate)).toBe('CN=system:kube-scheduler')
    expect(subject(clients.kubeProxy.certificate)).toBe('CN=system:kube-proxy')
    expect(subject(clients.kubelets.get('node-1')?.certificate)).toBe('O=system:nodes\nCN=system:node:node-1')
  })

  test('are either for clients or for servers', () => {
    expect(new X509Certificate(pki.clients.admin.certificate).keyUsage).toEqual(['1.3.6.1.5.5.7.3.2'])
    expect(certificate(pki.files.apiServer.certificate).keyUsage).toEqual(['1.3.6.1.5.5.7.3.1'])
  })

  test('of kubelets contain the address of the node', () => {
    const files = pki.kubeletServing.get('node-1')
    expect(certificate(files?.certificate ?? '').checkIP('10.200.0.2')).toBe('10.200.0.2')
  })
})

describe('keys', () => {
  test('and their folder can be read only by the owner', () => {
    const keys = readdirSync(dir).filter((name) => name.endsWith('.key'))
    expect(keys.length).toBeGreaterThan(7)
    for (const name of keys) expect([name, statSync(join(dir, name)).mode & 0o777]).toEqual([name, 0o600])
    expect(statSync(dir).mode & 0o777).toBe(0o700)
  })

  test('match their certificates', () => {
    const { apiServer, etcd, frontProxyClient } = pki.files
    for (const files of [apiServer, etcd, frontProxyClient]) {
      expect(certificate(files.certificate).checkPrivateKey(createPrivateKey(readFileSync(files.key)))).toBe(true)
    }
  })

  test('of roots are not written to disk', () => {
    expect(readdirSync(dir).filter((name) => name.endsWith('ca.key'))).toEqual([])
  })
})

test('a kubeconfig embeds its certificates and has one context', () => {
  const server = 'https://127.0.0.1:6443'
  const text = kubeconfig({ name: 'sandbox', server, caCertificate: pki.caCertificate, identity: pki.clients.admin })
  const config = parse(text)
  const decode = (data: string): string => Buffer.from(data, 'base64').toString()
  expect(config['current-context']).toBe('sandbox')
  expect(config.contexts).toEqual([
    { name: 'sandbox', context: { cluster: 'sandbox', user: 'admin', namespace: 'default' } },
  ])
  expect(config.clusters[0].cluster.server).toBe(server)
  expect(decode(config.clusters[0].cluster['certificate-authority-data'])).toBe(pki.caCertificate)
  expect(decode(config.users[0].user['client-certificate-data'])).toBe(pki.clients.admin.certificate)
  expect(Object.keys(config.users[0].user)).not.toContain('token')
  expect(Object.keys(config.clusters[0].cluster)).not.toContain('insecure-skip-tls-verify')
})
