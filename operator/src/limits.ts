/**
 * The limits of the operator that a user may notice: how much it does at once, how long it waits, and how much of a text
 * it keeps. Limits of a protocol stand in the file that speaks it.
 */

/** Namespaces that one operator watches: each costs a watch for each of 14 kinds. */
export const MAX_WATCHED_NAMESPACES = 100

/** ChatApps that are reconciled at the same time. */
export const RECONCILE_WORKERS = 8
/** Delays before a failed reconciliation is repeated: doubled with each failure. */
export const RECONCILE_BACKOFF_MS = { base: 200, max: 60_000 }
/** Time for running reconciliations to end. Below the pod's grace period of 30 s, so that the lease can be released. */
export const SHUTDOWN_MS = 15_000

/** The same times as client-go's leader election. */
export const LEASE_MS = { durationMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2000 }

/** Time for one request to the API server. */
export const REQUEST_TIMEOUT_MS = 30_000
/** Delays before a failed list or watch is repeated. */
export const WATCH_BACKOFF_MS = { base: 200, max: 15_000 }
/** Time to wait for the first list of an optional kind, so that a kind that may not be read does not stop the rest. */
export const OPTIONAL_KIND_SYNC_MS = 5000
/** The kinds that a cluster serves are asked for this often, in one request for all ChatApps. */
export const DISCOVERY_INTERVAL_MS = 60_000
/** They are asked for again where an API server refuses a kind that another one still lists. */
export const DISCOVERY_RETRY = { attempts: 5, delayMs: 500 }
/** While the served schema lacks fields of the status, it is read again this often. */
export const SCHEMA_MIN_AGE_MS = 60_000
/** After a refused status the schema is read again, at most this often: the server publishes a change a moment late. */
export const REFUSED_SCHEMA_MIN_AGE_MS = 5000

/** Watches of other operators' clusters, one for each kind and namespace. Clusters beyond it are asked. */
export const MAX_CLUSTER_WATCHES = 100
/** A cluster that cannot be watched is asked this often, and whether it can be watched by now. */
export const CLUSTER_ASK_MS = 30_000
/** A foreign object does not have the operator's labels, so its deletion is not watched. */
export const FOREIGN_OBJECT_RETRY_MS = 5000
/** Objects that must be gone before others can have their names. */
export const DELETION_RETRY_MS = 5000
/** A Job whose template cannot change was deleted; that takes a moment only. */
export const REPLACED_JOB_RETRY_MS = 1000
/** An object that the API server refused is sent again after this time. */
export const REFUSED_OBJECT_RETRY_MS = 60_000
/** A failed migration is repeated after 10 s, 20 s, ... at most 5 minutes. */
export const MIGRATION_RETRY_MS = { base: 10_000, max: 300_000 }

/** A pod that runs and is not ready is asked for its health this often. */
export const HEALTH_INTERVAL_MS = 3000
/** A pod gives its own checks 2 s; this leaves 1 s for the connection. */
export const HEALTH_TIMEOUT_MS = 3000
/** Pods of one ChatApp that are asked; more of them would not say anything new. */
export const MAX_ASKED_PODS = 6
/** Pods of all ChatApps that are asked at the same time. */
export const MAX_ASKED_AT_ONCE = 32
/** A pod that takes 3 s to give no answer is asked again 30 s later, so that it leaves room for the others. */
export const SILENT_POD_FACTOR = 10
/** A pod that was never ready may open its connections for this long before what it reports counts as an outage. */
export const STARTING_POD_MS = 15_000
/** Jobs and Deployments whose last refused pod is remembered. */
export const MAX_REFUSALS = 1000

/** The former WebSocket pods leave once all new ones have been ready for this long. Times of pods are whole seconds. */
export const SOAK_MS = 6000

/** Nodes may be added for new pods: so long they are waited for before former pods leave for them. */
export const NODE_PATIENCE_MS = 60_000
/** A new pod that a quota refused is tried again this often, while former pods leave for it. */
export const QUOTA_RETRY_MS = 10_000

/** A pod that still exists this long after its deletionTimestamp is on a node that is lost. */
export const LOST_POD_MS = 30_000

/** Size of the record of a release. etcd takes 1.5 MiB, and the API server a little less. */
export const MAX_RECORD_BYTES = 512 * 1024
/** A container of a new release that has ended this often by itself shows that the release has failed. */
export const MAX_RELEASE_CRASHES = 3
/** A pod of a proof that cannot start, or former pods that are not ready, are waited for so long; then the proof is skipped. */
export const PROOF_PATIENCE_MS = 60_000
/** A proof whose Job has used up its tries without a result begins again after 10 s, and then after 20 s. */
export const PROOF_RETRY_MS = 10_000
/** A stored time that is later is not believed: the clock was changed, or the annotation. */
export const MAX_PROOF_DELAY_MS = 300_000
/** A proof that its Jobs have left inconclusive so often is skipped. */
export const MAX_PROOF_JOBS = 3
/** What a proof says, in the record of its release and in the status. */
export const MAX_PROOF_MESSAGE_CHARACTERS = 500
/** Users of a proof whose reconnects are kept. */
export const MAX_PROOF_USERS = 8
/** Pods that took part in what a proof has failed for. */
export const MAX_PROOF_PROCESSES = 8
/** Kubernetes takes 40 to 50 s to see that a node is lost: so long a gap is not yet the fault of the release. */
export const LOST_NODE_MS = 60_000
/** Ended Jobs that are remembered, of all ChatApps. */
export const MAX_REMEMBERED_JOBS = 1000

/** Changed paths that the reason of one update names. */
export const MAX_NAMED_PATHS = 3
/** Pods that a message names. */
export const MAX_NAMED_PODS = 3
/** A condition's message. */
export const MAX_MESSAGE_CHARACTERS = 2000
/** The cause inside a message, which is read in one line of a terminal. */
export const MAX_CAUSE_CHARACTERS = 300
/** The error of a failed migration, which may hold a statement. */
export const MAX_MIGRATION_ERROR_CHARACTERS = 500

/** Events of one object: 25 at once, then one in 5 minutes, as client-go's recorder. */
export const EVENT_BURST = 25
export const EVENT_REFILL_MS = 5 * 60_000
/** The same event again within this time raises the count of its series. */
export const EVENT_SERIES_MS = 6 * 60_000
