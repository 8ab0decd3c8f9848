import type { Rebalancer } from '../connection/rebalancer.ts'
import type { SocketServer } from '../connection/server.ts'
import type { FollowedRooms } from '../room/followed-rooms.ts'
import type { Hub } from '../room/hub.ts'
import type { Health } from '../support/health.ts'
import type { Metrics } from '../support/metrics.ts'

interface Observed {
  readonly health: Health
  readonly sockets: SocketServer
  readonly hub: Hub
  readonly followed: FollowedRooms
  readonly rebalancer: Rebalancer
}

/** Adds the gauges of the WebSocket service. */
export function observe(metrics: Metrics, { health, sockets, hub, followed, rebalancer }: Observed): void {
  metrics.gauge('chat_connections', 'Open WebSocket connections', () => sockets.size)
  metrics.gauge('chat_connections_limit', 'The most WebSocket connections', () => sockets.maxConnections)
  metrics.gauge(
    'chat_connections_mean',
    'Mean of the WebSocket connections of the processes that this one knows, if spec.websocket.rebalance is set',
    () => rebalancer.mean,
  )
  metrics.gauge('chat_users', 'Users who are connected to this process', () => sockets.users)
  metrics.gauge('chat_rooms', 'Rooms that this process serves', () => hub.size)
  metrics.gauge(
    'chat_rooms_followed',
    'Rooms of which this process tells its connections that they have changed',
    () => followed.size,
  )
  metrics.gauge('chat_follows', 'Rooms that each connection follows, all connections together', () => followed.follows)
  metrics.gauge(
    'chat_upgrades_waiting',
    'WebSocket upgrades that wait for a query of the database',
    () => sockets.waitingUpgrades,
  )
  metrics.gauge('chat_buffered_bytes', 'Bytes that wait for clients', () => sockets.buffers.usedBytes)
  metrics.gauge(
    'chat_buffered_bytes_limit',
    'Bytes that wait for clients above which slow ones lose live delivery',
    () => sockets.buffers.maxBytes,
  )
  metrics.health(health)
}
