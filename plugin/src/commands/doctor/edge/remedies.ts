import { controllerKey } from '../controllers.ts'
import type { Cause } from './judge.ts'

/** Why each matters to a chat. */
export const WHY: Readonly<Record<Cause, string>> = {
  IdleTimeout: 'users who read and do not write are cut, connect again, and are cut again',
  TotalTimeout: 'every client is cut regularly, whatever it does, and connects again',
  Reload: 'every change of any Ingress cuts all clients at once, and they connect again together',
  Buffering: 'messages arrive late and in bursts',
  MissingUpgrade: 'no client gets a WebSocket',
  DroppedHeader: 'no browser gets a WebSocket, since a page cannot send its token in another header',
  ConnectionLimit: 'people behind one address, such as those of an office, are refused',
  BodyLimit: 'long messages are refused with an error that clients do not expect',
  NoExtendedConnect: 'no browser gets a WebSocket',
  ForgedAddress: 'a client evades the limits of an address, such as those of log-ins, by another header each time',
  HiddenClients: 'one client that fails often locks out all others',
  NotReached: 'no client reaches the chat',
}

/** What mends each at any edge. */
const GENERAL: Readonly<Record<Cause, string>> = {
  IdleTimeout: 'raise the idle time-out of the proxy for the host of the WebSocket service, to an hour',
  TotalTimeout:
    'turn the total time-out of connections off for the host of the WebSocket service, or raise it to hours',
  Reload: 'let the old process of the proxy go on with its connections for hours after it was loaded again',
  Buffering: 'turn buffering off for the host of the WebSocket service',
  MissingUpgrade: 'let the proxy pass HTTP/1.1 with the headers Upgrade and Connection to the WebSocket service',
  DroppedHeader: 'let the proxy pass the header Sec-WebSocket-Protocol',
  ConnectionLimit: 'raise the limit of connections of one address',
  BodyLimit: 'let the proxy take bodies and frames of 100 KiB, and headers of 8 KiB',
  NoExtendedConnect: 'let the proxy speak HTTP/1.1 as well, or HTTP/2 with extended CONNECT',
  ForgedAddress:
    'let the proxy append the address of the client to X-Forwarded-For; name in spec.trustedProxies the proxies alone',
  HiddenClients:
    'let the proxy append the address of the client to X-Forwarded-For, and name its addresses in spec.trustedProxies',
  NotReached: 'look at the Ingress or HTTPRoute, its Service and the DNS name of the host',
}

type Remedies = Readonly<Partial<Record<Cause, string>>>

/** The annotation of the Ingress, or the setting of the controller where there is none, by controller. */
const BY_CONTROLLER: Readonly<Record<string, Remedies>> = {
  'k8s.io/ingress-nginx': {
    IdleTimeout:
      'nginx.ingress.kubernetes.io/proxy-read-timeout: "3600" and nginx.ingress.kubernetes.io/proxy-send-timeout: "3600", as profile "nginx" sets',
    Reload: 'worker-shutdown-timeout: "3600s" in the ConfigMap of the controller (there is no annotation)',
    Buffering: 'nginx.ingress.kubernetes.io/proxy-buffering: "off"',
    BodyLimit: 'nginx.ingress.kubernetes.io/proxy-body-size: "1m"',
    MissingUpgrade: 'nginx.ingress.kubernetes.io/proxy-http-version: "1.1"',
    ConnectionLimit: 'nginx.ingress.kubernetes.io/limit-connections',
    ForgedAddress: 'use-forwarded-headers: "false" in the ConfigMap of the controller (there is no annotation)',
  },
  'nginx.org/ingress-controller': {
    IdleTimeout: 'nginx.org/proxy-read-timeout: "3600s" and nginx.org/proxy-send-timeout: "3600s"',
    Buffering: 'nginx.org/proxy-buffering: "false"',
    BodyLimit: 'nginx.org/client-max-body-size: "1m"',
    MissingUpgrade: 'nginx.org/websocket-services: with the name of the WebSocket Service',
  },
  'haproxy.org/ingress-controller': {
    IdleTimeout: 'timeout-tunnel: "3600s" in the ConfigMap of the controller (there is no annotation)',
    Reload: 'hard-stop-after: "1h" in the ConfigMap of the controller (there is no annotation)',
    HiddenClients: 'haproxy.org/forwarded-for: "true", and the addresses of its pods in spec.trustedProxies',
    ForgedAddress: 'haproxy.org/forwarded-for: "true"',
  },
  'haproxy-ingress.github.io/controller': {
    IdleTimeout: 'haproxy-ingress.github.io/timeout-tunnel: "3600s", as profile "haproxy" sets',
    Reload: 'timeout-stop: "1h" in the ConfigMap of the controller (there is no annotation)',
    BodyLimit: 'haproxy-ingress.github.io/proxy-body-size: "1m"',
    HiddenClients: 'haproxy-ingress.github.io/forwardfor: "add", and the addresses of its pods in spec.trustedProxies',
    ForgedAddress: 'haproxy-ingress.github.io/forwardfor: "add"',
  },
  'traefik.io/ingress-controller': {
    IdleTimeout: 'transport.respondingTimeouts of its entry point: no annotation changes them',
    TotalTimeout: 'transport.respondingTimeouts of its entry point: no annotation changes them',
    ForgedAddress: 'forwardedHeaders.insecure: false of its entry point: no annotation changes it',
  },
}

/** What mends a cause. An unknown controller gets no annotation. */
export function remedyOf(cause: Cause, controller: string | undefined): string {
  const key = controller === undefined ? undefined : controllerKey(controller)
  const own = key === undefined ? undefined : BY_CONTROLLER[key]?.[cause]
  return own === undefined ? GENERAL[cause] : `${GENERAL[cause]}: ${own}`
}
