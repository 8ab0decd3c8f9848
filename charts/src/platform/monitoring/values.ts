import { z } from 'zod'
import { count, objectName, quantity, resources } from '../fields.ts'

const version = z.string().regex(/^v\d+\.\d+\.\d+$/, 'must be a release such as v3.5.0')
const address = z
  .string()
  .regex(/^[a-z0-9.-]+:\d+$/, 'must be the host and port of a Service, such as name.namespace.svc:8080')

const alertmanagerValues = z
  .strictObject({
    version,
    /** One may be lost: they tell each other what was sent. */
    replicas: count(2, 3),
    resources,
    storage: quantity,
    /** Secret with the key `alertmanager.yaml`: who is told, and how. */
    configSecret: objectName(),
  })
  .readonly()

/** A Prometheus and an Alertmanager, run by their operator. */
export const monitoringValues = z
  .strictObject({
    name: objectName(),
    namespace: objectName(),
    version,
    replicas: count(1, 9),
    resources,
    storage: quantity,
    /** @default the cluster's default class */
    storageClassName: z.string().exactOptional(),
    /** How long samples are kept, unless `retentionSize` ends them earlier. */
    retention: z.string().regex(/^\d+[hdwy]$/, 'must be a duration such as 15d'),
    /** How much of the volume samples may fill; the log of what is not yet a block needs the rest. */
    retentionSize: z.string().regex(/^\d+(MB|GB|TB)$/, 'must be a size such as 80GB'),
    alertmanager: alertmanagerValues,
    /** Where the pages of docs/runbooks can be read: `<this>/<alert>.md`. */
    runbookUrl: z.url().regex(/[^/]$/, 'must not end in /'),
    /** kube-state-metrics of the Kubernetes cluster: what Prometheus knows of pods and Jobs. */
    kubeStateMetrics: address,
    /** Metrics of cert-manager. @default certificates are not watched */
    certManager: address.exactOptional(),
  })
  .readonly()
export type MonitoringValues = z.output<typeof monitoringValues>
