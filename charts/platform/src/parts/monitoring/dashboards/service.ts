import { THRESHOLDS } from '../rules/thresholds.ts'
import type { Dashboard, Row } from './dashboard.ts'
import { figure, lines, list, query } from './panel.ts'

/**
 * The dashboard of the chat services. Its first row shows whether a ChatApp is ready, and if not, what it waits for.
 */
export function serviceDashboard({ namespace, name }: { namespace: string; name: string }): Dashboard {
  const at = `namespace="${namespace}"`
  return {
    name: 'chat-app-service-dashboard',
    title: 'Chat service',
    rows: [
      health(at, `exported_namespace="${namespace}",name="${name}"`),
      users(at),
      messages(at),
      processes(at),
      dependencies(at),
    ],
  }
}

function health(at: string, chatApp: string): Row {
  return {
    title: 'Is it healthy, and if not, what is it waiting for?',
    panels: [
      figure('Ready', 'bool_yes_no', `min(chat_app_ready{${chatApp}})`, { from: 1, isBelow: true }),
      list('Waiting for', [query(`max by (reason) (chat_app_waiting{${chatApp}}) > 0`)], 8),
      list('Reports DOWN', [query(`min by (pod, component) (chat_health{${at}}) == 0`)], 6),
      list('Alerts', [query('max by (alertname, severity) (ALERTS{alertstate="firing",alertname!="Watchdog"})')], 6),
    ],
  }
}

function users(at: string): Row {
  return {
    title: 'Users',
    panels: [
      lines('Online users', 'short', [query('chat:users:sum', 'users')]),
      lines('WebSocket connections', 'short', [query(`chat_connections{${at}}`, '{{pod}}')]),
      lines('Connections opened, rejected and moved', 'ops', [
        query(`sum(rate(chat_connections_opened_total{${at}}[5m]))`, 'opened'),
        query(`sum by (code) (rate(chat_upgrades_refused_total{${at}}[5m]))`, 'rejected: {{code}}'),
        query(`sum(rate(chat_connections_moved_total{${at}}[5m]))`, 'moved'),
      ]),
    ],
  }
}

function messages(at: string): Row {
  const slow = (name: string) => [
    query(`histogram_quantile(0.5, sum by (le) (rate(${name}_bucket{${at}}[5m])))`, 'median'),
    query(`histogram_quantile(0.95, sum by (le) (rate(${name}_bucket{${at}}[5m])))`, '95th percentile'),
  ]
  return {
    title: 'Messages and requests',
    panels: [
      lines('Messages acknowledged', 'ops', [
        query(`sum(rate(chat_messages_acknowledged_total{${at}}[5m]))`, 'messages'),
      ]),
      lines('Receipt to acknowledgement', 's', slow('chat_message_seconds'), { from: THRESHOLDS.messageSeconds }),
      lines('Broadcast through Redis', 's', slow('chat_broadcast_seconds'), { from: THRESHOLDS.broadcastSeconds }),
      lines('API requests', 'ops', [
        query(`sum by (status) (rate(chat_http_request_seconds_count{${at}}[5m]))`, '{{status}}'),
      ]),
      lines('API response time', 's', slow('chat_http_request_seconds'), { from: THRESHOLDS.apiSeconds }),
      lines('Late or retried', 'ops', [
        query(`sum(rate(chat_events_healed_total{${at}}[5m]))`, 'read from the database'),
        query(`sum(rate(chat_write_retries_total{${at}}[5m]))`, 'batches retried'),
      ]),
    ],
  }
}

function processes(at: string): Row {
  return {
    title: 'Processes',
    panels: [
      lines(
        'Heap in use',
        'percentunit',
        [query(`nodejs_heap_size_used_bytes{${at}} / chat_heap_limit_bytes{${at}}`, '{{pod}}')],
        {
          from: THRESHOLDS.heapRatio,
        },
      ),
      lines(
        'Event loop busy',
        'percentunit',
        [
          query(
            `rate(nodejs_eventloop_utilization_histogram_sum{${at}}[5m]) / rate(nodejs_eventloop_utilization_histogram_count{${at}}[5m])`,
            '{{pod}}',
          ),
        ],
        { from: THRESHOLDS.eventLoopRatio },
      ),
      lines('Event loop lag, 99th percentile', 's', [query(`nodejs_eventloop_lag_p99_seconds{${at}}`, '{{pod}}')], {
        from: THRESHOLDS.eventLoopLag,
      }),
      lines('Processor cores', 'short', [query(`rate(process_cpu_seconds_total{${at}}[5m])`, '{{pod}}')]),
      lines('Resident memory', 'bytes', [query(`process_resident_memory_bytes{${at}}`, '{{pod}}')]),
      lines('Time in major garbage collections', 'percentunit', [
        query(`rate(nodejs_gc_duration_seconds_sum{${at},kind="major"}[5m])`, '{{pod}}'),
      ]),
    ],
  }
}

function dependencies(at: string): Row {
  return {
    title: 'Dependencies',
    panels: [
      lines(
        'Database connections in use',
        'percentunit',
        [query(`chat_database_connections{${at}} / chat_database_connections_limit{${at}}`, '{{pod}}')],
        { from: THRESHOLDS.databasePoolRatio },
      ),
      lines('Callers that wait for the database', 'short', [query(`chat_database_waiting{${at}}`, '{{pod}}')]),
      lines('Time to commit a batch, 95th percentile', 's', [
        query(`histogram_quantile(0.95, sum by (le) (rate(chat_batch_seconds_bucket{${at}}[5m])))`, 'batch'),
      ]),
    ],
  }
}
