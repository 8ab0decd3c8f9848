import { z } from 'zod'
import { quantityValue } from '@chat-app/crds'
import { count, hasValidPort, namespaceName, objectName, resources, volumeSize } from './fields.ts'

const version = z.string().regex(/^v\d+\.\d+\.\d+$/, 'must be a release such as v3.5.0')
const address = z
  .string()
  .regex(
    /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\.svc(\.cluster\.local)?:\d{1,5}$/,
    'must be the host and port of a Service of this cluster, such as name.namespace.svc:8080',
  )
  .refine(hasValidPort, 'must have a port of 1 to 65535')

const alertmanagerValues = z
  .strictObject({
    version,
    /** One may be lost: they tell each other what was sent. */
    replicas: count(2, 3),
    resources,
    storage: volumeSize,
    /** Secret with the key `alertmanager.yaml`: who is told, and how. */
    configSecret: objectName(),
  })
  .readonly()

/** The share of the volume that the documentation of Prometheus allows for samples. */
const SAMPLES_SHARE = 0.85

/** Its GB are GiB. */
function bytesOf(size: string): number {
  return quantityValue(size.replace('B', 'i'))
}

/** A Prometheus and an Alertmanager, run by their operator. */
export const monitoringValues = z
  .strictObject({
    /** Its operator names a StatefulSet `prometheus-<name>`, and Kubernetes puts 11 more characters into a label of the pods. */
    name: objectName(41),
    namespace: namespaceName,
    version,
    replicas: count(1, 9),
    resources,
    storage: volumeSize,
    /** @default the cluster's default class */
    storageClassName: objectName().exactOptional(),
    /** How long samples are kept, unless `retentionSize` ends them earlier. */
    retention: z.string().regex(/^[1-9]\d{0,4}[hdwy]$/, 'must be a duration such as 15d'),
    /** How much of the volume samples may fill; the log of what is not yet a block needs the rest. */
    retentionSize: z.string().regex(/^[1-9]\d{0,5}(MB|GB|TB)$/, { error: 'must be a size such as 80GB', abort: true }),
    alertmanager: alertmanagerValues,
    /** Where the pages of docs/runbooks can be read: `<this>/<alert>.md`. */
    runbookUrl: z
      .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
      .regex(/^[^\s#?@]*[^\s#?@/]$/, 'must not end in /, and must not have spaces, a user, ? or #'),
    /** kube-state-metrics of the Kubernetes cluster: what Prometheus knows of pods and Jobs. */
    kubeStateMetrics: address,
    /** Metrics of cert-manager. @default certificates are not watched */
    certManager: address.exactOptional(),
  })
  .refine(({ storage, retentionSize }) => bytesOf(retentionSize) <= SAMPLES_SHARE * quantityValue(storage), {
    path: ['retentionSize'],
    message: `must be at most ${SAMPLES_SHARE * 100} % of storage: the write-ahead log needs the rest (Prometheus counts in powers of 1024)`,
  })
  .readonly()
export type MonitoringValues = z.output<typeof monitoringValues>
