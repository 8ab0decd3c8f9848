/** Database connections that a pod opens at most: the documented 20, and fewer for the WebSocket service, which has more pods. */
export const DATABASE_CONNECTIONS = { api: 20, websocket: 10, worker: 10, migrate: 4, prove: 4 } as const

/**
 * Time between the removal of a pod's endpoint and the signal to stop, seconds. Proxies notice the removal within about one;
 * connections that arrive until then are served.
 */
export const PRE_STOP_SECONDS = 5

/** Time after the drain period until a WebSocket pod is killed, seconds: it leaves the endpoints and closes what is left. */
export const DRAIN_GRACE_SECONDS = 30

/** Shortest period in which an autoscaler removes a WebSocket pod, seconds: metrics are up to a minute old. */
export const MIN_SCALE_DOWN_PERIOD_SECONDS = 60

/** Time in which an autoscaler of WebSocket pods looks for the highest recommendation before it removes one, seconds. */
export const SCALE_DOWN_WINDOW_SECONDS = 300

/** Old ReplicaSets that a Deployment keeps. */
export const REVISION_HISTORY_LIMIT = 3

/** Size of the /tmp of a pod, as a quantity. */
export const TMP_SIZE = '64Mi'

/** Shortest key of JSON Web Tokens, characters. RFC 7518, 3.2: a key of HS256 has at least as many bits as the hash. */
export const MIN_JWT_KEY_LENGTH = 32

/** Longest part of a value that an error quotes, characters: the message of a condition stays readable. */
export const MAX_SHOWN_LENGTH = 100
