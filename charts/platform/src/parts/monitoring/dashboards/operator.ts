import type { Dashboard, Row } from './dashboard.ts'
import { figure, lines, list, query } from './panel.ts'

/** The dashboard of the operator. */
export function operatorDashboard(namespace: string): Dashboard {
  const at = `namespace="${namespace}"`
  return {
    name: 'chat-app-operator-dashboard',
    title: 'Chat operator',
    rows: [chatApps(at), reconciliations(at), apiServer(at)],
  }
}

function chatApps(at: string): Row {
  return {
    title: 'ChatApps',
    panels: [
      figure('Operators that hold the lease', 'short', `sum(chat_app_operator_leader{${at}})`, {
        from: 1,
        isBelow: true,
      }),
      figure('ChatApps not ready', 'short', `count(chat_app_ready{${at}} == 0) or vector(0)`, { from: 1 }),
      list('Waiting for', [query(`max by (exported_namespace, name, reason) (chat_app_waiting{${at}}) > 0`)], 16),
    ],
  }
}

function reconciliations(at: string): Row {
  return {
    title: 'Reconciliations',
    panels: [
      lines('By outcome', 'ops', [
        query(`sum by (outcome) (rate(chat_app_operator_reconcile_duration_seconds_count{${at}}[5m]))`, '{{outcome}}'),
      ]),
      lines('Duration, 95th percentile', 's', [
        query(
          `histogram_quantile(0.95, sum by (le) (rate(chat_app_operator_reconcile_duration_seconds_bucket{${at}}[5m])))`,
          'reconciliation',
        ),
      ]),
      lines('Waiting for a worker', 'short', [query(`chat_app_operator_queue_depth{${at}}`, '{{pod}}')], {
        from: 10,
      }),
    ],
  }
}

function apiServer(at: string): Row {
  return {
    title: 'API server',
    panels: [
      lines('Requests', 'ops', [
        query(`sum by (verb, code) (rate(chat_app_operator_api_requests_total{${at}}[5m]))`, '{{verb}} {{code}}'),
      ]),
      lines('Watches', 'ops', [
        query(`sum by (kind, event) (rate(chat_app_operator_watch_events_total{${at}}[5m]))`, '{{kind}} {{event}}'),
      ]),
      lines('Resident memory', 'bytes', [query(`process_resident_memory_bytes{${at}}`, '{{pod}}')]),
    ],
  }
}
