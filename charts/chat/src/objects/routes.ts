/** The paths of the HTTP API, as documented. The WebSocket service has its host to itself. */
export const apiPaths = ['/api/chat', '/api/users'] as const
export const websocketPaths = ['/'] as const
