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

/** The most that is read of the log of one container, bytes; older lines are left out. */
export const MAX_LOG_BYTES = 8 * 1024 * 1024

/** How many lines of each container `logs` shows where nothing else is asked for. */
export const LOG_LINES = 100

/** The most pods whose logs are followed or collected at the same time. */
export const MAX_LOG_PODS = 60

/** How often `logs --follow` looks for new pods, milliseconds. */
export const NEW_PODS_MS = 3000

/** How long `logs --follow` keeps a line, so that lines of several pods are in order, milliseconds. */
export const LOG_ORDER_MS = 400

/** How many lines of each container are in a report. */
export const REPORT_LOG_LINES = 2000

/** The most bytes of each log in a report. */
export const REPORT_LOG_BYTES = 1024 * 1024

/** How long `kubectl logs` may take for what a report collects, seconds. */
export const LOGS_SECONDS = 60
