/** How long the API server may take for one answer, seconds. */
export const REQUEST_SECONDS = 20

/** How many pods are asked for their metrics at the same time. Each is a process of kubectl. */
export const PODS_AT_ONCE = 8

/** The most pods that are asked for their metrics. */
export const MAX_PODS_ASKED = 200

/** How long a pod may take to answer, seconds. */
export const POD_SECONDS = 5

/** How often `--watch` reads the cluster, milliseconds. */
export const WATCH_MS = 2000

/** How long a completion may ask the cluster, seconds: somebody waits at a prompt. */
export const COMPLETION_SECONDS = 3

/** The most completions that are offered. */
export const MAX_COMPLETIONS = 200
