/** How long the API server may take for one answer, seconds. */
export const REQUEST_SECONDS = 20

/** How many pods are asked for their metrics at the same time. Each is a process of kubectl. */
export const PODS_AT_ONCE = 8

/** The most pods that are asked for their metrics. */
export const MAX_PODS_ASKED = 200

/** The most that `plan` reads of a file, bytes: the API server stores no larger object. */
export const MAX_PLAN_BYTES = 1024 * 1024

/** How long a pod may take to answer, seconds. */
export const POD_SECONDS = 5

/** How often `--watch` reads the cluster, milliseconds. */
export const WATCH_MS = 2000

/** How long a completion may ask the cluster, seconds: somebody waits at a prompt. */
export const COMPLETION_SECONDS = 3

/** The most completions that are offered. */
export const MAX_COMPLETIONS = 200

/** The most characters of all lines that `logs` shows; older lines are left out. */
export const MAX_LOG_CHARACTERS = 64 * 1024 * 1024

/** The most that is asked of the log of one container, bytes. */
export const MAX_CONTAINER_LOG_BYTES = 64 * 1024 * 1024

/** How many lines of each container `logs` shows where nothing else is asked for. */
export const LOG_LINES = 100

/** The most pods whose logs are followed or collected. Each that is followed is a process of kubectl. */
export const MAX_LOG_PODS = 60

/** How often `logs --follow` looks for new pods, milliseconds. */
export const NEW_PODS_MS = 3000

/** How long `logs --follow` keeps a line, so that lines of several pods are in order, milliseconds. */
export const LOG_ORDER_MS = 400

/** The most Secrets that are read to leave their values out of a report. */
export const MAX_SECRETS = 50

/** The most events in a report. */
export const MAX_REPORT_EVENTS = 2000

/** How many lines of each container are in a report. */
export const REPORT_LOG_LINES = 2000

/** The most characters of each log in a report; the oldest are left out. */
export const REPORT_LOG_CHARACTERS = 1024 * 1024

/** The most characters of the metrics of one pod. */
export const MAX_METRICS_CHARACTERS = 4 * 1024 * 1024

/** How long `kubectl logs` may take for what it has, seconds. */
export const LOGS_SECONDS = 60

/** How long the API server may take for one answer to `doctor`, seconds. */
export const DOCTOR_REQUEST_SECONDS = 10

/** How many checks of `doctor` run at the same time. */
export const CHECKS_AT_ONCE = 3

/** The largest file that `doctor` reads, bytes. */
export const MAX_FILE_BYTES = 1024 * 1024

/** How long the pod of `doctor --connect` may take until it has run, its image included, seconds. */
export const CONNECT_POD_SECONDS = 120

/** How long each address may take to answer that pod, seconds. */
export const CONNECT_SECONDS = 5

/** How long the clean-up of a command may take that a signal ends, seconds. */
export const CLEAN_UP_SECONDS = 10

/** Days before the end of a certificate from which `doctor` warns of it. */
export const CERTIFICATE_DAYS = 14

/** How long `doctor --edge` holds its sockets where nothing else is asked for, seconds: three heartbeats of the services. */
export const EDGE_SECONDS = 75

/** The longest time that it can be asked for, seconds. */
export const MAX_EDGE_SECONDS = 86_400
