import type { Chart } from 'cdk8s'
import { KubeConfigMap } from 'cdk8s-plus-27/lib/imports/k8s.js'
import { monitoringLabels } from '../labels.ts'
import type { Panel } from './panel.ts'

const DATASOURCE = { type: 'prometheus', uid: '${datasource}' }

const HEIGHTS = { figure: 4, list: 6, lines: 7 } as const

const COLUMNS = 24

const PANEL_TYPES = { figure: 'stat', lines: 'timeseries', list: 'table' } as const

/** A row of panels with a title. */
export interface Row {
  readonly title: string
  readonly panels: readonly Panel[]
}

export interface Dashboard {
  /** The name of its ConfigMap, and its uid in Grafana. */
  readonly name: string
  readonly title: string
  readonly rows: readonly Row[]
}

/** The ConfigMap of a dashboard. Grafana's sidecar finds it by its label. */
export function dashboardObject(chart: Chart, namespace: string, dashboard: Dashboard): void {
  const { name } = dashboard
  new KubeConfigMap(chart, `dashboard-${name}`, {
    metadata: { name, namespace, labels: { ...monitoringLabels(name), grafana_dashboard: '1' } },
    data: { [`${name}.json`]: `${JSON.stringify(grafana(dashboard), null, 2)}\n` },
  })
}

/** The dashboard as Grafana reads it. */
function grafana({ name, title, rows }: Dashboard) {
  return {
    uid: name,
    title,
    tags: ['chat-app'],
    schemaVersion: 39,
    editable: false,
    refresh: '30s',
    time: { from: 'now-3h', to: 'now' },
    templating: { list: [{ name: 'datasource', type: 'datasource', query: 'prometheus', label: 'Prometheus' }] },
    panels: placed(rows),
  }
}

/** The panels with their positions: row by row, each from left to right. */
function placed(rows: readonly Row[]): object[] {
  const panels: object[] = []
  let y = 0
  for (const { title, panels: own } of rows) {
    panels.push({ id: panels.length + 1, type: 'row', title, gridPos: { x: 0, y, w: COLUMNS, h: 1 }, panels: [] })
    y += 1
    let [x, height] = [0, 0]
    for (const panel of own) {
      if (x + panel.width > COLUMNS) {
        y += height
        ;[x, height] = [0, 0]
      }
      const h = HEIGHTS[panel.kind]
      panels.push({ id: panels.length + 1, ...drawn(panel), gridPos: { x, y, w: panel.width, h } })
      x += panel.width
      height = Math.max(height, h)
    }
    y += height
  }
  return panels
}

function drawn({ title, kind, unit, queries, bad }: Panel) {
  const targets = queries.map(({ expr, legend }, index) => ({
    refId: String.fromCharCode(65 + index),
    datasource: DATASOURCE,
    expr,
    ...(legend !== '' && { legendFormat: legend }),
    ...(kind === 'list' && { instant: true, format: 'table' }),
  }))
  return {
    type: PANEL_TYPES[kind],
    title,
    datasource: DATASOURCE,
    fieldConfig: { defaults: { unit, ...(bad && { thresholds: thresholds(bad) }) }, overrides: [] },
    targets,
  }
}

function thresholds({ from, isBelow = false }: NonNullable<Panel['bad']>) {
  const [first, then] = isBelow ? ['red', 'green'] : ['green', 'red']
  return {
    mode: 'absolute',
    steps: [
      { color: first, value: null },
      { color: then, value: from },
    ],
  }
}
