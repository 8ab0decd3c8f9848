import type { Chart } from 'cdk8s'
import { KubeJob, type JobSpec } from 'cdk8s-plus-27/lib/imports/k8s.js'
import { hashedJob, type Labels } from '@chat-app/chat/constructs'

/**
 * Argo CD runs such a Job at each sync, in place of the one before, and does not compare it. `kubectl` and Flux do not
 * read these annotations: the hash in its name makes a changed Job a new one.
 */
const HOOK = {
  'argocd.argoproj.io/hook': 'Sync',
  'argocd.argoproj.io/hook-delete-policy': 'BeforeHookCreation',
}

interface Metadata {
  readonly name: string
  readonly namespace: string
  readonly labels: Labels
}

/**
 * A Job that can run at any time again. It has no `ttlSecondsAfterFinished`: a Job that Kubernetes deletes runs again at
 * the next apply, although nothing has changed, and is missing in every comparison.
 */
export function platformJob(chart: Chart, id: string, metadata: Metadata, spec: JobSpec): void {
  new KubeJob(chart, id, hashedJob({ ...metadata, annotations: HOOK }, spec))
}
