/** How long a deployment may take where `--timeout` does not say it, seconds. */
export const DEFAULT_TIMEOUT_SECONDS = 600

/** The highest `--timeout`, seconds. */
export const MAX_TIMEOUT_SECONDS = 3600

/** How long the API server may take to serve an applied CustomResourceDefinition, seconds. */
export const ESTABLISHED_SECONDS = 30

/** How often the state of the cluster is read while something is not ready, milliseconds. */
export const POLL_MS = 2000

/** The longest name of a review: with `review-` before it, it must fit into the names of a ChatApp's objects. */
export const MAX_REVIEW_LENGTH = 32

/** How many objects are compared with the cluster at the same time, each by a kubectl. */
export const MAX_PARALLEL = 4

/** How many objects or fields the reason of a refusal lists. */
export const MAX_LISTED = 20
