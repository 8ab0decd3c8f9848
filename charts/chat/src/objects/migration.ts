import { KubeJob, type Container } from 'cdk8s-plus-27/lib/imports/k8s.js'
import type { Chart } from 'cdk8s'
import { componentLabels } from '../labels.ts'
import type { Model } from '../model.ts'
import {
  allowedOrigins,
  amounts,
  configMount,
  POD_NAME,
  podSpec,
  probe,
  secretEnv,
  secretMounts,
  serviceVolumes,
  variables,
} from './pod.ts'

/** How often the Job is tried again, and what each of its pods asks for. */
export const MIGRATION = {
  retries: 2,
  resources: { requests: { cpu: '50m', memory: '96Mi' }, limits: { cpu: '500m', memory: '256Mi' } },
} as const

/** Fails the Job at once when the configuration is invalid or the release is too old for the schema (EX_CONFIG). */
export const FAILURE_POLICY = {
  rules: [{ action: 'FailJob', onExitCodes: { containerName: 'migrate', operator: 'In', values: [78] } }],
} as const

/**
 * Checks the configuration of a release as its services will read it, and then brings the database schema up to date, before
 * the services start. A Job never changes, so its name is completed with the hash of its template once that is merged: another
 * release or template is another Job.
 */
export function migration(chart: Chart, model: Model): void {
  const labels = componentLabels(model, 'migrate')
  const name = model.names.migrate
  new KubeJob(chart, 'migration', {
    metadata: { name, labels },
    spec: {
      activeDeadlineSeconds: model.spec.migrations.timeoutSeconds,
      backoffLimit: MIGRATION.retries,
      template: {
        metadata: { labels },
        spec: {
          ...podSpec(model, name, container(model), serviceVolumes(model)),
          restartPolicy: 'Never',
          terminationGracePeriodSeconds: 30,
        },
      },
    },
  })
}

function container(model: Model): Container {
  const { requests, limits } = MIGRATION.resources
  return {
    name: 'migrate',
    image: model.services.api.image,
    args: ['migrate'],
    ports: [{ name: 'http', containerPort: PORT }],
    env: [
      ...variables({
        SERVER_HOST: '0.0.0.0',
        SERVER_PORT: PORT,
        NODE_ID: POD_NAME,
        LOG_LEVEL: 'info',
        MIGRATION_TIMEOUT_SECONDS: ownTimeout(model.spec.migrations.timeoutSeconds),
        RELEASE_VERSION: model.version,
        // The same for all pods of the Job: they continue one run.
        MIGRATION_RUN: { fieldPath: `metadata.labels['${JOB_NAME}']` },
      }),
      // It checks what the services read.
      ...allowedOrigins(model),
      ...secretEnv(model.secrets),
    ],
    resources: { requests: amounts(requests), limits: amounts(limits) },
    volumeMounts: [configMount, ...secretMounts(model.secrets)],
    // While it waits for the database it serves the reason, and is not ready.
    readinessProbe: probe('readiness', { periodSeconds: 2, timeoutSeconds: 3, failureThreshold: 3 }),
    terminationMessagePolicy: 'FallbackToLogsOnError',
  }
}

const PORT = 8080
/** The label with which the Job's controller marks its pods. */
const JOB_NAME = 'batch.kubernetes.io/job-name'

// It gives up by itself before the Job kills it, so that its own words are the last ones.
function ownTimeout(timeoutSeconds: number): number {
  return timeoutSeconds - 15
}
