import { z } from 'zod'
import { quantityValue } from '@chat-app/crds'
import { count, hasValidPort, image, namespaceName, objectName, resources, volumeSize } from './fields.ts'
import { PROMETHEUS_SAMPLES_SHARE } from '../limits.ts'

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
    /** @default the image that the operator names for the version */
    image: image.exactOptional(),
    /** At least two: the instances share which notifications were sent, so one may fail. */
    replicas: count(2, 3),
    resources,
    storage: volumeSize,
    /** Secret with the configuration under the key `alertmanager.yaml`. */
    configSecret: objectName(),
  })
  .readonly()

/** The bytes of a size such as `80GB`. The units of Prometheus are powers of 1024. */
function bytesOf(size: string): number {
  return quantityValue(size.replace('B', 'i'))
}

/** A Prometheus and an Alertmanager, run by their operator. */
export const monitoringValues = z
  .strictObject({
    /**
     * At most 41 characters: the StatefulSet is `prometheus-<name>`, and the pods have a label that is 11 characters
     * longer.
     */
    name: objectName(41),
    namespace: namespaceName,
    version,
    /** @default the image that the operator names for the version */
    image: image.exactOptional(),
    replicas: count(1, 9),
    resources,
    storage: volumeSize,
    /** @default the cluster's default class */
    storageClassName: objectName().exactOptional(),
    /** How long samples are kept, unless `retentionSize` removes them earlier, such as `15d`. */
    retention: z.string().regex(/^[1-9]\d{0,4}[hdwy]$/, 'must be a duration such as 15d'),
    /** How much of the volume samples may fill, such as `80GB`. The write-ahead log needs the rest. */
    retentionSize: z.string().regex(/^[1-9]\d{0,5}(MB|GB|TB)$/, { error: 'must be a size such as 80GB', abort: true }),
    alertmanager: alertmanagerValues,
    /** URL of the folder with the runbooks: that of an alert is `<runbookUrl>/<alert>.md`. */
    runbookUrl: z
      .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
      .regex(/^[^\s#?@]*[^\s#?@/]$/, 'must not end in /, and must not have spaces, a user, ? or #'),
    /** `SERVICE.NAMESPACE.svc:PORT` of kube-state-metrics, which has the metrics of pods and Jobs. */
    kubeStateMetrics: address,
    /** `SERVICE.NAMESPACE.svc:PORT` of the metrics of cert-manager. @default certificates have no alerts */
    certManager: address.exactOptional(),
  })
  .refine(({ storage, retentionSize }) => bytesOf(retentionSize) <= PROMETHEUS_SAMPLES_SHARE * quantityValue(storage), {
    path: ['retentionSize'],
    message: `must be at most ${PROMETHEUS_SAMPLES_SHARE * 100} % of storage: the write-ahead log needs the rest (Prometheus counts in powers of 1024)`,
  })
  .readonly()
export type MonitoringValues = z.output<typeof monitoringValues>
