import { PODS, SERVICES, type Resource } from '@chat-app/chat/resources'
import { request } from 'node:http'
import { get as httpsGet } from 'node:https'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { NAMESPACES } from '../testing/api.ts'
import { ApiServer } from '../testing/api-server.ts'
import { sharedNode } from '../testing/shared-node.ts'
import { DEADLINE_MS, eventually, must } from '@chat-app/testing'

const IMAGE = 'sandbox.local/redis:7.0'
const NAMESPACE = `test-node-${process.pid}`
const run = sharedNode()
const server = ApiServer.of(inject('kubeconfig'))
const EVENTS: Resource = { group: '', version: 'v1', kind: 'Event', plural: 'events' }
const CLAIMS: Resource = { group: '', version: 'v1', kind: 'PersistentVolumeClaim', plural: 'persistentvolumeclaims' }

beforeAll(async () => {
  await run(['apply', '-f', '-'], { input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects() }) })
  await run(['wait', '-n', NAMESPACE, '--for=condition=Ready', 'pod', '--all', `--timeout=${DEADLINE_MS / 1000}s`])
})

afterAll(async () => {
  await server.delete(NAMESPACES, undefined, NAMESPACE)
  await server.close()
})

describe('a pod under Pod Security restricted', () => {
  it('is reached from another pod by the names and the address of its Service', async () => {
    const address = await service()
    for (const host of ['web', `web.${NAMESPACE}`, `web.${NAMESPACE}.svc.cluster.local`, address]) {
      expect(await inPod(`wget -q -O - http://${host}/`)).toBe('hello\n')
    }
  })

  it('is reached from itself through its Service', async () => {
    const address = await service()
    expect(await run(['exec', '-n', NAMESPACE, 'web', '--', 'wget', '-q', '-O', '-', `http://${address}/`])).toBe(
      'hello\n',
    )
  })

  it('is reached from this machine by the address of its Service and by its own', async () => {
    expect(await fetched(`http://${await service()}/`)).toBe('hello\n')
    expect(await fetched(`http://${(await server.get<Pod>(PODS, NAMESPACE, 'web')).status.podIP}:8080/`)).toBe(
      'hello\n',
    )
  })

  it('has a log, and runs commands, whose output and exit code are returned', async () => {
    expect(await run(['logs', '-n', NAMESPACE, 'web'])).toBe('serving\n')
    expect(await inPod('id -u')).toBe('999\n')
    await expect(inPod('echo broken >&2; exit 7')).rejects.toThrow(/broken[^]*exit code 7/)
  })

  it('writes files to the volume of its claim as a non-root user', async () => {
    expect(await inPod('echo kept > /data/file; cat /data/file')).toBe('kept\n')
    const { status } = await server.get<Claim>(CLAIMS, NAMESPACE, 'data')
    expect(status.phase).toBe('Bound')
  })

  it('cannot reach addresses or resolve names outside of this machine', async () => {
    // TEST-NET-1 (RFC 5737) is not routed, so no packet arrives anywhere if this test fails.
    await expect(inPod('nc -w 10 192.0.2.77 80 </dev/null')).rejects.toThrow(/unreachable/i)
    expect(await inPod('ip route show default; nslookup example.com 2>&1 | grep -c NXDOMAIN || :')).toMatch(
      /\n[1-9]\d*\n$/,
    )
  })

  it('uses only the DNS server of the cluster', async () => {
    expect(await inPod('cat /etc/resolv.conf')).toBe(
      `search ${NAMESPACE}.svc.cluster.local svc.cluster.local cluster.local\n` +
        `nameserver ${new URL(server.url).hostname}\noptions ndots:5\n`,
    )
  })
})

describe('the kubelet', () => {
  it('refuses a request without a certificate and a token', async () => {
    expect(await status(`https://${new URL(server.url).hostname}:10250/pods`)).toBe(401)
  })
})

describe('a missing image', () => {
  it('is reported within seconds', async () => {
    const absent = 'registry.example.com/chat-app/absent:1'
    await run([
      'run',
      'absent',
      '-n',
      NAMESPACE,
      `--image=${absent}`,
      `--overrides=${JSON.stringify({ spec: restricted() })}`,
    ])
    await eventually(async () => {
      const { status } = await server.get<Pod>(PODS, NAMESPACE, 'absent')
      expect(status.containerStatuses?.[0]?.state?.waiting?.reason).toContain('Pull')
    })
    // The times of the kubelet's events do not depend on when this test reads them.
    const times = await eventually(async () => {
      const regarding = (await server.list<KubeletEvent>(EVENTS, NAMESPACE)).filter(
        ({ involvedObject }) => involvedObject.name === 'absent',
      )
      const first = (reason: string) => must(regarding.find((event) => event.reason === reason)?.firstTimestamp, reason)
      return { pulling: first('Pulling'), failed: first('Failed') }
    })
    expect((Date.parse(times.failed) - Date.parse(times.pulling)) / 1000).toBeLessThan(20)
  })
})

function objects(): object[] {
  const web = 'echo hello > /tmp/index.html; echo serving; exec httpd -f -p 8080 -h /tmp'
  return [
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: NAMESPACE, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
    },
    {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'data', namespace: NAMESPACE },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web', namespace: NAMESPACE },
      spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] },
    },
    pod('web', web, {}),
    pod('client', 'exec sleep 3600', { name: 'data', persistentVolumeClaim: { claimName: 'data' } }),
  ]
}

function pod(name: string, command: string, volume: { name?: string; persistentVolumeClaim?: object }): object {
  const mounts = volume.name === undefined ? [] : [{ name: volume.name, mountPath: '/data' }]
  const [container] = restricted().containers
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: NAMESPACE, labels: { app: name } },
    spec: {
      ...restricted(),
      terminationGracePeriodSeconds: 0,
      containers: [{ ...container, name, image: IMAGE, command: ['sh', '-c', command], volumeMounts: mounts }],
      volumes: volume.name === undefined ? [] : [volume],
    },
  }
}

function restricted() {
  return {
    securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [
      {
        name: 'absent',
        image: 'registry.example.com/chat-app/absent:1',
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
      },
    ],
  }
}

function inPod(script: string): Promise<string> {
  return run(['exec', '-n', NAMESPACE, 'client', '--', 'sh', '-c', script])
}

async function service(): Promise<string> {
  return (await server.get<Service>(SERVICES, NAMESPACE, 'web')).spec.clusterIP
}

interface Service {
  readonly spec: { readonly clusterIP: string }
}

interface Pod {
  readonly status: {
    readonly podIP: string
    readonly containerStatuses?: readonly { readonly state?: { readonly waiting?: { readonly reason?: string } } }[]
  }
}

interface KubeletEvent {
  readonly involvedObject: { readonly name: string }
  readonly reason: string
  readonly firstTimestamp: string
}

interface Claim {
  readonly status: { readonly phase: string }
}

function fetched(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const call = request(url, { agent: false, timeout: DEADLINE_MS }, (response) => resolve(text(response)))
    call.on('timeout', () => call.destroy(new Error(`${url}: no answer`))).on('error', reject)
    call.end()
  })
}

/** Does not verify the certificate, which this test is not about. */
function status(url: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    httpsGet(url, { rejectUnauthorized: false }, (response) => {
      response.resume()
      resolve(response.statusCode)
    }).on('error', reject)
  })
}
