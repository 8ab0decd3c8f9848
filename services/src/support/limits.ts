/**
 * The limits that a user or an operator of the services can run into. docs/protocol.md and docs/services.md describe
 * their effect. Limits that can be configured are in `config/schema.ts`. Constants that concern one file only are at
 * its top.
 */

const KIB = 1024
const MIB = 1024 * KIB

// Messages and frames

/** Size of a message's body in UTF-8. As escaped JSON it is at most 6 times as long, which still fits a frame to a client. */
export const MAX_BODY_BYTES = 16 * KIB
/** Size of a frame from a client. A body that JSON escapes needlessly may exceed it; clients send UTF-8 unescaped. */
export const MAX_CLIENT_FRAME_BYTES = 64 * KIB
/** Fragments of one frame from a client. */
export const MAX_FRAGMENTS = 64
/** Size of an event's frame: a body escaped in full, and the short fields beside it. */
export const MAX_EVENT_FRAME_BYTES = 128 * KIB
/** Size of an HTTP request's body: a message's body escaped in full, and short fields. */
export const MAX_REQUEST_BYTES = 6 * MAX_BODY_BYTES + 4 * KIB
export const MAX_TITLE_CHARACTERS = 200
export const MAX_TOPIC_CHARACTERS = 1000
export const MAX_DISPLAY_NAME_CHARACTERS = 64
/** Users that one message mentions by name. */
export const MAX_MENTIONS = 50
/** Former texts of a message are kept until it is recalled or expires. */
export const MAX_EDITS = 100
/** Kinds of reactions on one message. */
export const MAX_REACTION_KINDS = 20
/** Size of one reaction in UTF-8: the longest emoji has 28 bytes, flags of regions included. */
export const MAX_REACTION_BYTES = 32

// Pages of events

/** Events of one page if the request has no `limit`. */
export const DEFAULT_PAGE_EVENTS = 50
/** Events of one page. With bodies of 16 KiB that is 3 MiB in memory. */
export const MAX_PAGE_EVENTS = 200
/** Messages of one page of the list of mentions. With bodies of 16 KiB that is 800 KiB. */
export const MAX_PAGE_MENTIONS = 50
export const DEFAULT_PAGE_MENTIONS = 20
/** Bodies of one `history` answer; older events are left for the next page. */
export const MAX_HISTORY_BYTES = 512 * KIB
/** Frames written to a client that resumes before its buffer is checked again. */
export const MAX_REPLAY_PAGE_BYTES = 256 * KIB

// Lists of members, rooms and invitations

/** Entries of one page if the request has no `limit`. */
export const DEFAULT_PAGE_ENTRIES = 50
/** Entries of one page. */
export const MAX_PAGE_ENTRIES = 200
/** Where the next page begins: a name of 64 characters, encoded. */
export const MAX_CURSOR_CHARACTERS = 400
/** Invitations, and as many requests, that wait in one room; more are refused until some are answered. */
export const MAX_INVITATIONS_OF_ROOM = 1000
/** Public rooms that one page of the directory looks at. */
export const MAX_SEARCHED_ROOMS = 5000
/** People of one answer of a search, and names with the same beginning that it looks at. */
export const MAX_FOUND_PEOPLE = 50
export const DEFAULT_FOUND_PEOPLE = 20
export const MAX_SEARCHED_PEOPLE = 150
/** Senders of messages of a room whom one request describes. */
export const MAX_DESCRIBED_SENDERS = 100
/** Members of a room that the directory counts. */
export const MAX_COUNTED_MEMBERS = 5000
/** Rooms of one page of the directory. */
export const MAX_DIRECTORY_ROOMS = 50
export const MAX_QUERY_CHARACTERS = 100
/** Users whom one user has blocked. */
export const MAX_BLOCKS_OF_USER = 1000
/** How long a client is told to wait for what is not enabled yet: a rollout takes minutes. */
export const NOT_ENABLED_RETRY_SECONDS = 60
/** How long after `enable` what is new is refused, by when every process has read of it: they ask once a second. */
export const FEATURE_SETTLE_MS = 5000

// One connection

export const MAX_ROOMS_PER_CONNECTION = 256
/** Messages that wait for their commit; the connection is not read while there are more. */
export const MAX_UNACKNOWLEDGED = 512
/** Messages of all connections of a user that wait for their commit: one that floods leaves half to the others. */
export const MAX_UNACKNOWLEDGED_OF_USER = 2 * MAX_UNACKNOWLEDGED
/** Frames that were received and not handled yet; the connection is not read while there are more. */
export const MAX_WAITING_FRAMES = 64
/** Characters of these frames; the connection is not read while there are more. */
export const MAX_WAITING_CHARACTERS = 128 * KIB
/** Malformed frames after which the connection is closed. */
export const MAX_MALFORMED_FRAMES = 20
/** Bytes that may wait for a client before its live delivery stops. */
export const MAX_BUFFERED_BYTES = MIB
/** A replay goes on when fewer bytes wait for the client. While all buffers have used up their share, live delivery stops here. */
export const LOW_BUFFERED_BYTES = 64 * KIB
/** While all buffers have used up their share: for how long more than an equal part may wait for a client until it is cut. */
export const SLOW_READER_PATIENCE_MS = 10_000
/** How often that is checked. */
export const SLOW_READER_CHECK_MS = 1000
/** How long a client may take to answer a close frame. */
export const CLOSE_TIMEOUT_MS = 5000

// The memory of a process, by the limit of its container. The rest is for connections, caches, code and garbage.

/** The limit that a process without one counts with: the default of a ChatApp. */
export const UNLIMITED_MEMORY_BYTES = 1024 * MIB
/** Open connections, unless `server.max_connections` says how many there may be. */
export const CONNECTIONS_SHARE = 1 / 2
/** Memory of one idle connection with its room: 34 to 46 kB were measured. */
export const CONNECTION_BYTES = 48 * KIB
/** Frames that all rooms of a process keep in memory. */
export const RINGS_SHARE = 1 / 16
/** Frames that wait for all clients of a process. */
export const BUFFERS_SHARE = 1 / 8
/** Messages that wait in all lanes; more are refused as `unavailable`. */
export const QUEUED_MESSAGES_SHARE = 1 / 8

// Connecting

/** Upgrades that wait until the database is asked whether their token was revoked; more are refused. */
export const MAX_WAITING_UPGRADES = 5000
/** How long one waits for that. */
export const UPGRADE_PATIENCE_MS = 10_000
/** How long one that is refused with 503 is told to wait: a random time between these, where nothing better is known. */
export const RETRY_AFTER_SECONDS = { least: 1, most: 5 }

// Sync: the rooms that a connection follows without having joined them

/** Rooms of one `sync` frame. */
export const MAX_SYNC_ROOMS = 200
/** Events of a room in the answer to `sync`; a room that is further behind gets `gap`. */
export const MAX_SYNC_EVENTS = 50
/** Events of one answer, as JSON: what does not fit gets `gap`. */
export const MAX_SYNC_BYTES = 256 * KIB
/** Events that are read from the database for one answer: as many as fit when they are short. */
export const MAX_SYNC_ROWS = 2000
/** Texts that are read for one answer: a room with a longer text than its part of this gets `gap`. */
export const MAX_SYNC_READ_BYTES = 2 * MIB
/** Frames that a process reads from the database at a time: many clients that return together leave room for those who send. */
export const SYNCS_AT_A_TIME = 2
/** How long one waits for its turn, after which it is refused as `unavailable`. */
export const SYNC_PATIENCE_MS = 30_000
/** Rooms that one connection follows; others are answered and not followed. */
export const MAX_FOLLOWED_ROOMS = 1000
/** Memory of one room that one connection follows. */
export const FOLLOW_BYTES = 160
/** Memory of all of these, as a share of the limit of the container. Beyond it rooms are answered and not followed. */
export const FOLLOWS_SHARE = 1 / 16
/** Memory of one room that is followed by anyone; it counts to the same share. */
export const FOLLOWED_ROOM_BYTES = 1 * KIB
/** The shortest time between two `unread` frames, and between two rounds of `presence` frames, of a connection. */
export const UNREAD_INTERVAL_MS = 1000

// Read marks, typing and presence

/** How often read marks are written: a user's mark of a room at most once in this time. */
export const READ_MARK_INTERVAL_MS = 1000
/** Read marks that wait to be written; more are refused as `unavailable`. */
export const MAX_WAITING_READ_MARKS = 50_000
/** The shortest time between two `typing` frames of a user in a room; others are dropped. */
export const TYPING_INTERVAL_MS = 2000
/** How long a client shows that somebody types. */
export const TYPING_SHOWN_MS = 5000
/** Ephemeral frames of one room that a process passes on to its clients in a second; others are dropped. */
export const MAX_EPHEMERAL_OF_ROOM = 50
/** Users whose presence a connection watches. */
export const MAX_WATCHED_USERS = 200
/** Users whose presence a process follows; the state of others is `unknown`. */
export const MAX_WATCHED_USERS_OF_PROCESS = 50_000
/** Users whom all connections of one user watch at a process, so that one account cannot take the places of all. */
export const MAX_WATCHED_USERS_OF_USER = 10 * MAX_WATCHED_USERS
/** The shortest time between two `watch` of a connection that take effect: each costs a command for each user. */
export const WATCH_INTERVAL_MS = 1000
/** How long a user may be without a connection before others are told: a page that is loaded again is back by then. */
export const PRESENCE_LINGER_MS = 5000

// The inbox

/** Entries of one `inbox` frame, and rows of one statement that adds some. */
export const MAX_INBOX_ENTRIES = 200
export const INBOX_CHUNK_ROWS = 100
/** Rooms of the list that a client gets whose cursor is older than what is kept. */
export const MAX_LISTED_ROOMS = 1000
/** Members whose inboxes tell of changed settings of a room; those of a larger room find the event by `sync`. */
export const MAX_TOLD_MEMBERS = 100
/** How often the database is asked whether the connected users have new entries. */
export const INBOX_POLL_INTERVAL_MS = 1000

// Users and tokens

/** Exports of accounts that one process sends at a time; further ones are refused as `unavailable`. */
export const MAX_EXPORTS = 4
/** How long one may take, so that clients that read slowly leave a place to others. */
export const EXPORT_TIMEOUT_MS = 300_000

export const MIN_PASSWORD_CHARACTERS = 8
export const MAX_PASSWORD_BYTES = 1024
/** Passwords that wait to be hashed or compared; more are refused as `unavailable`. Each takes some 300 bytes. */
export const MAX_WAITING_HASHES = 1024
/** Those of one address; more are refused as `rate_limited`. */
export const MAX_WAITING_HASHES_OF_ADDRESS = 64
/** How long a password waits: so long that one attempt each of 200 addresses, 175 ms on one core, delays nobody beyond it. */
export const PASSWORD_PATIENCE_MS = 30_000
/** The tokens that this system issues have about 300 characters. */
export const MAX_TOKEN_CHARACTERS = 4096
/** How long a token is valid whose client renews it. That of another one is valid as long as its session. */
export const ACCESS_TOKEN_SECONDS = 600
/** How long a visitor's token is valid. */
export const VISITOR_TOKEN_SECONDS = 3600
/** How often logouts and bans of other processes are read. */
export const REVOCATION_INTERVAL_MS = 1000
/** The shortest time between two such reads: after an announcement the next one does not wait for its turn. */
export const REVOCATION_PAUSE_MS = 50
/** For how long tokens that are known are admitted while revocations cannot be read. */
export const UNREAD_REVOCATIONS_MS = 30_000
/** For how long after a deletion the rooms of the user are looked at: by then no process accepts a token of the user. */
export const DELETION_SETTLE_MS = 2 * UNREAD_REVOCATIONS_MS
/** For how long a refresh token that was used gives its device the same successor: several pages refresh at once. */
export const REFRESH_AGAIN_MS = 60_000
/** Sessions of one user; the oldest ends when there are more. */
export const MAX_SESSIONS_OF_USER = 200
export const MAX_DEVICE_KEY_CHARACTERS = 128
export const MAX_DEVICE_NAME_CHARACTERS = 200
export const MAX_REASON_CHARACTERS = 500
/** Users who register with one invitation, and for how long it is valid. */
export const MAX_INVITATION_USES = 1000
export const MAX_INVITATION_HOURS = 24 * 90
/** Invitations to register that can be used at a time, of all who make some. */
export const MAX_OPEN_INVITATIONS = 10_000
export const MAX_INVITATION_CHARACTERS = 64
/** How often a process tells Redis how many connections its users have. */
export const CONNECTIONS_REPORT_MS = 60_000
/** The connections of a process that has reported nothing for this time do not count: it is gone. */
export const CONNECTIONS_REPORT_KEPT_MS = 150_000

/** How long a process relies on what it knows of a membership: one that ended elsewhere allows nothing beyond it. */
export const MEMBERSHIP_CACHE_MS = 1000

/** How often a process looks for rooms whose owner was banned or deleted elsewhere. */
export const SUCCESSION_INTERVAL_MS = 5000

// Storing messages

/** Rooms are hashed to lanes; each lane has one batch in flight. */
export const WRITE_LANES = 2
export const MAX_BATCH_ROWS = 1000
export const MAX_BATCH_BYTES = MIB
/** Messages that wait in one lane; more are refused as `unavailable`. */
export const MAX_QUEUED_ROWS = 20_000
export const MAX_QUEUED_BYTES = (UNLIMITED_MEMORY_BYTES * QUEUED_MESSAGES_SHARE) / WRITE_LANES
/** How long a batch is retried while the database is unavailable. */
export const WRITE_PATIENCE_MS = 20_000
/**
 * Rooms of one lane whose messages wait alone, because another session has locked the room's row or something of the
 * room always fails. Messages of further ones are refused as `unavailable`. A batch may have as many rooms.
 */
export const MAX_HELD_ROOMS = 1000
/** Shares of what may wait in a lane: for one held room, and for all that it holds. The other half is for rooms that work. */
export const HELD_ROOM_SHARE = 1 / 4
export const HELD_SHARE = 1 / 2
/** Held rooms that are tried at a time: one that waits for a lock keeps neither the lanes nor other held rooms waiting. */
export const HELD_ROOMS_AT_A_TIME = 2
/** For how long a room whose messages were refused stays apart from the others. */
export const HELD_ROOM_MEMORY_MS = 60_000

// The database

/** Connections that only writers use, so that many readers cannot keep messages from being stored. */
export const WRITER_CONNECTIONS = 4
/** Callers that wait for a connection; more are refused. Each holds one or two kilobytes. */
export const MAX_WAITING_QUERIES = 20_000
/** How long a query waits for a connection. */
export const QUERY_PATIENCE_MS = 20_000
/** Replays and histories that wait for their turn; each holds little. */
export const MAX_WAITING_READS = 50_000
/** How long a statement waits for a row lock. */
export const LOCK_WAIT_SECONDS = 3
/** Longer than the wait for a lock, so that the server's own error arrives first. */
export const STATEMENT_TIMEOUT_MS = 6000
export const DATABASE_CONNECT_TIMEOUT_MS = 3000

// Delivery

/** How long an event waits for those before it: two publishers may overtake each other. */
export const GAP_WAIT_MS = 50
/** How often the database is asked how far the served rooms have come. */
export const CATCH_UP_INTERVAL_MS = 1000
/** Frames that one room keeps in memory for clients that resume. */
export const MAX_RING_BYTES = 256 * KIB
/** How long a room without clients stays open: clients of a pod that was stopped return to it. */
export const ROOM_LINGER_MS = 15_000
/** How long Redis may take to connect, and to answer a command. Events that it loses are read from the database. */
export const REDIS_TIMEOUT_MS = 2000
/** How long a request waits for Redis before its limits are counted in memory. */
export const REDIS_PATIENCE_MS = 100
/** After a failure of Redis they are counted in memory for this time. */
export const REDIS_REST_MS = 5000
/** The shortest time between two probes of a process that suspects its connections to Redis. */
export const PROBE_INTERVAL_MS = 1000
/** How long a published message may take to return to the process that published it. */
export const PROBE_TIMEOUT_MS = 2000

// The outbox, and what becomes old

/** Rows that wait for one consumer; further ones are not written. Processes count them every 10 s, and may exceed this meanwhile. */
export const MAX_OUTBOX_ROWS = 200_000
export const OUTBOX_MEASURE_INTERVAL_MS = 10_000
/** How long a consumer may take for one event. */
export const OUTBOX_HANDLE_TIMEOUT_MS = 10_000
/** Attempts after which a row is given up, if its consumer takes others. */
export const OUTBOX_ATTEMPTS = 10
/** The mean time between two searches for texts that have expired. */
export const EXPIRY_INTERVAL_MS = 60_000
/** The mean time between two searches for what is to be removed. */
export const PURGE_INTERVAL_MS = 3_600_000
/** How long emptied messages, entries of inboxes and rows of the outbox are kept. */
export const KEPT_DAYS = 30

// Moving connections to emptier processes

/** How often a process tells the others how many connections it has. */
export const PEER_HEARTBEAT_MS = 5000
/** A process whose last so many heartbeats did not arrive does not count. */
export const MISSED_HEARTBEATS = 3
/** Processes that one knows; what exceeds it does not count. Each takes about 200 bytes. */
export const MAX_PEERS = 1000
/** Processes that start within this time of each other are one scale-out, and nothing moves for this time after it. */
export const SETTLE_MS = 30_000
/** After this time a scale-out moves once more what came to a full process again. */
export const SECOND_ROUND_MS = 600_000
/** For how long a scale-out counts as one that may have moved a client. */
export const SCALE_OUT_MEMORY_MS = 3_600_000

// The steps of a shutdown; each ends at the latest after its time

export const NOT_READY_TIMEOUT_MS = 1000
/** Added to the configured shutdown delay. */
export const DELAY_TOLERANCE_MS = 1000
export const FINISH_REQUESTS_TIMEOUT_MS = 10_000
/** Added to the configured drain period: the last connections wait for acknowledgements, then for the clients' close frames. */
export const DRAIN_TOLERANCE_MS = 12_000
export const FINISH_WRITES_TIMEOUT_MS = 5000
export const CLOSE_ALL_TIMEOUT_MS = 3000
