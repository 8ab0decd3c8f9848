import { describe, expect, test } from 'vitest'
import { apiServer, controlPlane, controllerManager, etcd, scheduler } from './components.ts'
import type { PkiFiles } from './pki.ts'
import type { ProcessSpec } from '@chat-app/sandbox-machine'

const pair = (name: string) => ({ certificate: `/pki/${name}.crt`, key: `/pki/${name}.key` })
const pki: PkiFiles = {
  ca: '/pki/ca.crt',
  frontProxyCa: '/pki/front-proxy-ca.crt',
  etcdCa: '/pki/etcd-ca.crt',
  etcd: pair('etcd'),
  etcdClient: pair('etcd-client'),
  apiServer: pair('kube-apiserver'),
  kubeletClient: pair('kubelet-client'),
  frontProxyClient: pair('front-proxy-client'),
  controllerManager: pair('kube-controller-manager'),
  scheduler: pair('kube-scheduler'),
  serviceAccountKey: '/pki/service-account.key',
  serviceAccountPublicKey: '/pki/service-account.pub',
}
const config = {
  dir: '/data',
  programs: {
    etcd: '/bin/etcd',
    'kube-apiserver': '/bin/kube-apiserver',
    'kube-controller-manager': '/bin/kube-controller-manager',
    'kube-scheduler': '/bin/kube-scheduler',
  },
  pki,
  kubeconfigs: { controllerManager: '/pki/cm.kubeconfig', scheduler: '/pki/scheduler.kubeconfig' },
  ports: { etcd: 1001, etcdPeer: 1002, apiServer: 1003, controllerManager: 1004, scheduler: 1005 },
  bindAddress: '127.0.0.1',
  advertiseAddress: '127.0.0.1',
  serviceCidr: '10.96.0.0/16',
} satisfies Parameters<typeof scheduler>[0]

/** Returns the values of a flag, in order. */
const flag = (spec: ProcessSpec, name: string): string[] =>
  spec.args.filter((arg) => arg.startsWith(`--${name}=`)).map((arg) => arg.slice(name.length + 3))

test('etcd starts first, and the controllers start once the API server is ready', () => {
  const [first, second, third] = controlPlane(config)
  expect([first?.name, second?.name, third?.name]).toEqual(['etcd', 'kube-apiserver', 'kube-controller-manager'])
  expect(third?.after).toEqual(['kube-apiserver'])
})

test('no flag is given twice', () => {
  for (const spec of [
    ...controlPlane({ ...config, pods: { cidr: '10.1.0.0/16', nodePrefixLength: 24 } }),
    scheduler(config),
  ]) {
    const names = spec.args.map((arg) => arg.split('=')[0])
    expect(names, spec.name).toEqual([...new Set(names)])
  }
})

describe('safety', () => {
  test('etcd requires a client certificate of its own root', () => {
    expect(etcd(config).args).toEqual(expect.arrayContaining(['--client-cert-auth', '--peer-client-cert-auth']))
    expect(flag(etcd(config), 'trusted-ca-file')).toEqual([pki.etcdCa])
    expect(flag(apiServer(config), 'etcd-cafile')).toEqual([pki.etcdCa])
    expect(flag(apiServer(config), 'etcd-servers')).toEqual(['https://127.0.0.1:1001'])
  })

  test('the API server uses the Node and RBAC authorizers and the NodeRestriction plugin', () => {
    expect(flag(apiServer(config), 'authorization-mode')).toEqual(['Node,RBAC'])
    expect(flag(apiServer(config), 'enable-admission-plugins')).toEqual(['NodeRestriction'])
    expect(flag(apiServer(config), 'disable-admission-plugins')).toEqual([])
  })

  test('no process has a static token, skips a verification or serves plain HTTP', () => {
    const text = [...controlPlane(config), scheduler(config)].flatMap(({ args }) => args).join('\n')
    expect(text).not.toMatch(/token-auth-file|insecure|AlwaysAllow|http:/)
  })

  test('all processes except the API server listen only on loopback', () => {
    const elsewhere = { ...config, bindAddress: '0.0.0.0', advertiseAddress: '10.200.0.2' }
    expect(flag(apiServer(elsewhere), 'bind-address')).toEqual(['0.0.0.0'])
    expect(flag(controllerManager(elsewhere), 'bind-address')).toEqual(['127.0.0.1'])
    expect(flag(scheduler(elsewhere), 'bind-address')).toEqual(['127.0.0.1'])
    expect(flag(etcd(elsewhere), 'listen-client-urls')).toEqual(['https://127.0.0.1:1001'])
    expect(flag(etcd(elsewhere), 'listen-peer-urls')).toEqual(['https://127.0.0.1:1002'])
  })

  test('only the front-proxy client of its own root may send request headers with a user', () => {
    expect(flag(apiServer(config), 'requestheader-client-ca-file')).toEqual([pki.frontProxyCa])
    expect(flag(apiServer(config), 'requestheader-allowed-names')).toEqual(['front-proxy-client'])
  })

  test('every controller uses its own service account', () => {
    expect(flag(controllerManager(config), 'use-service-account-credentials')).toEqual(['true'])
    expect(flag(controllerManager(config), 'kubeconfig')).toEqual(['/pki/cm.kubeconfig'])
    expect(flag(scheduler(config), 'kubeconfig')).toEqual(['/pki/scheduler.kubeconfig'])
  })
})

test('service account tokens are signed and verified with one key pair', () => {
  const server = apiServer(config)
  expect(flag(server, 'service-account-signing-key-file')).toEqual([pki.serviceAccountKey])
  expect(flag(server, 'service-account-key-file')).toEqual([pki.serviceAccountPublicKey])
  expect(flag(server, 'service-account-issuer')).toEqual(flag(server, 'api-audiences'))
  expect(flag(controllerManager(config), 'service-account-private-key-file')).toEqual([pki.serviceAccountKey])
  expect(flag(controllerManager(config), 'root-ca-file')).toEqual([pki.ca])
})

test('the endpoint of the Service `kubernetes` is a real address, never a loopback address', () => {
  expect(flag(apiServer(config), 'endpoint-reconciler-type')).toEqual(['none'])
  expect(flag(apiServer({ ...config, advertiseAddress: '10.200.0.2' }), 'endpoint-reconciler-type')).toEqual(['lease'])
})

test('pod ranges are allocated only in a cluster with nodes', () => {
  expect(flag(controllerManager(config), 'allocate-node-cidrs')).toEqual([])
  const withPods = controllerManager({ ...config, pods: { cidr: '10.200.4.0/22', nodePrefixLength: 22 } })
  expect(flag(withPods, 'cluster-cidr')).toEqual(['10.200.4.0/22'])
  expect(flag(withPods, 'node-cidr-mask-size')).toEqual(['22'])
})

test('the readiness probes use TLS with the root of the server', () => {
  expect(apiServer(config).ready).toEqual({ url: 'https://127.0.0.1:1003/readyz', ca: pki.ca })
  expect(etcd(config).ready).toEqual({ url: 'https://127.0.0.1:1001/health', ca: pki.etcdCa, client: pki.etcdClient })
})
