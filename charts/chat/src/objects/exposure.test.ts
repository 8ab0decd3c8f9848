import { describe, expect, test } from 'vitest'
import { rendered, type Loose } from '../testing.ts'

const hosts = { api: 'api.chat-app.com', websocket: 'ws.chat-app.com' }
const ingress = (more: object = {}, options: object = {}): Loose => ({
  exposure: { type: 'Ingress', hosts, ingress: { className: 'nginx', ...options }, ...more },
})

describe('without an exposure', () => {
  test('there are Services, and no Ingress and no route', () => {
    const { kinds } = rendered()
    expect(kinds().filter((kind) => kind === 'Service')).toHaveLength(2)
    expect(kinds()).not.toContain('Ingress')
    expect(kinds()).not.toContain('HTTPRoute')
  })

  test('the Services have port 80 for their service, as documented', () => {
    for (const { spec } of rendered().all('Service') as Loose[]) {
      expect(spec.ports[0]).toMatchObject({ name: 'http', port: 80, targetPort: 'http' })
      expect(spec.ports[1]).toMatchObject({ name: 'metrics', port: 9090 })
    }
  })
})

describe('with Ingresses', () => {
  const routes = (ingress: Loose) =>
    ingress['spec'].rules[0].http.paths.map(
      ({ path, pathType, backend }: Loose) => `${pathType} ${path} ${backend.service.name}`,
    )

  test('the host of the API has its two documented routes and the page with its WebSockets, and the other one WebSockets', () => {
    const { get } = rendered(ingress())
    expect(routes(get('Ingress', 'chat-api'))).toEqual([
      'Prefix /api/chat chat-api',
      'Prefix /api/users chat-api',
      'Exact / chat-api',
      'Prefix /app chat-api',
      'Prefix /ws chat-websocket',
    ])
    expect(routes(get('Ingress', 'chat-websocket'))).toEqual(['Prefix / chat-websocket'])
    expect(get('Ingress', 'chat-websocket').spec).toMatchObject({
      ingressClassName: 'nginx',
      rules: [{ host: 'ws.chat-app.com' }],
    })
  })

  test('where both services have one host, clients connect at / as ever, and there is no page', () => {
    const { get } = rendered(ingress({ hosts: { api: 'chat.example.com', websocket: 'chat.example.com' } }))
    expect(routes(get('Ingress', 'chat-api'))).toEqual(['Prefix /api/chat chat-api', 'Prefix /api/users chat-api'])
    expect(routes(get('Ingress', 'chat-websocket'))).toEqual(['Prefix / chat-websocket'])
  })

  test('the profile for nginx adds the documented annotations to the Ingress of the WebSocket service alone', () => {
    const { get } = rendered(ingress({}, { profile: 'nginx' }))
    expect(get('Ingress', 'chat-websocket').metadata.annotations).toEqual({
      'nginx.ingress.kubernetes.io/proxy-read-timeout': '3600',
      'nginx.ingress.kubernetes.io/proxy-send-timeout': '3600',
      'nginx.ingress.kubernetes.io/proxy-connect-timeout': '30',
      'nginx.ingress.kubernetes.io/proxy-buffer-size': '8k',
    })
    expect(get('Ingress', 'chat-api').metadata.annotations).toBeUndefined()
  })

  test.each(['haproxy', 'traefik'] as const)(
    'the profile for %s has annotations of that controller only',
    (profile) => {
      const { annotations } = rendered(ingress({}, { profile })).get('Ingress', 'chat-websocket').metadata
      expect(Object.keys(annotations)).not.toEqual([])
      for (const key of Object.keys(annotations)) expect(key).toContain(profile)
    },
  )

  test('an issuer writes a Secret for each certificate; existing Secrets are used by their names', () => {
    const issued = rendered(ingress({ tls: { issuerRef: { name: 'letsencrypt-prod' } } }))
    expect(issued.get('Ingress', 'chat-api')).toMatchObject({
      metadata: { annotations: { 'cert-manager.io/cluster-issuer': 'letsencrypt-prod' } },
      spec: { tls: [{ hosts: ['api.chat-app.com'], secretName: 'chat-api-tls' }] },
    })
    const own = rendered(ingress({ tls: { secretNames: { api: 'chat-app-tls', websocket: 'chat-app-ws-tls' } } }))
    expect(own.get('Ingress', 'chat-websocket').spec.tls).toEqual([
      { hosts: ['ws.chat-app.com'], secretName: 'chat-app-ws-tls' },
    ])
    expect(own.get('Ingress', 'chat-api').metadata.annotations).toBeUndefined()
  })

  test('an Issuer has the annotation of an Issuer, not of a ClusterIssuer', () => {
    const { get } = rendered(ingress({ tls: { issuerRef: { kind: 'Issuer', name: 'ours' } } }))
    expect(get('Ingress', 'chat-api').metadata.annotations).toEqual({ 'cert-manager.io/issuer': 'ours' })
  })
})

test('with a Gateway there is a route for each host, attached to it', () => {
  const gateway = { parentRef: { name: 'edge', namespace: 'gateways' } }
  const { get } = rendered({ exposure: { type: 'Gateway', hosts, gateway } })
  expect(get('HTTPRoute', 'chat-api').spec).toEqual({
    parentRefs: [gateway.parentRef],
    hostnames: ['api.chat-app.com'],
    rules: [
      {
        matches: [
          { path: { type: 'PathPrefix', value: '/api/chat' } },
          { path: { type: 'PathPrefix', value: '/api/users' } },
          { path: { type: 'Exact', value: '/' } },
          { path: { type: 'PathPrefix', value: '/app' } },
        ],
        backendRefs: [{ name: 'chat-api', port: 80 }],
      },
      {
        matches: [{ path: { type: 'PathPrefix', value: '/ws' } }],
        backendRefs: [{ name: 'chat-websocket', port: 80 }],
      },
    ],
  })
})
