import type { ChatComponent } from '../components.ts'
import type { Model } from '../model.ts'

/** A path of a host and all below it, or nothing below it, and the service that it goes to. */
export interface Route {
  readonly path: string
  readonly isExact?: true
  readonly to: ChatComponent
}

/** The paths of the HTTP API, as documented. */
const API: readonly Route[] = ['/api/chat', '/api/users'].map((path) => ({ path, to: 'api' }))
/** The chat page. What else the API has, such as `/api/admin`, is not for the public. The page opens its connections on its own host, so that neither CORS nor `allowedOrigins` concerns it. */
const PAGE: readonly Route[] = [
  { path: '/', isExact: true, to: 'api' },
  { path: '/app', to: 'api' },
  { path: '/ws', to: 'websocket' },
]
const WEBSOCKET: readonly Route[] = [{ path: '/', to: 'websocket' }]

/**
 * The routes of the host of a service. The host of the API has the page too; where the WebSocket service has the same host, `/`
 * is where clients connect, and there is no page.
 */
export function routesOf({ spec: { exposure } }: Model, component: ChatComponent): readonly Route[] {
  if (component === 'websocket') return WEBSOCKET
  return exposure.hosts?.api === exposure.hosts?.websocket ? API : [...API, ...PAGE]
}
