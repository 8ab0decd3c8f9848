import { totalmem } from 'node:os'
import {
  BUFFERS_SHARE,
  CONNECTION_BYTES,
  CONNECTIONS_SHARE,
  FOLLOWS_SHARE,
  QUEUED_MESSAGES_SHARE,
  RINGS_SHARE,
  UNLIMITED_MEMORY_BYTES,
} from './limits.ts'

/** The memory that the process may use: the limit of its container, or what a process without one counts with. */
export function memoryLimitBytes(constrainedBytes: number = process.constrainedMemory()): number {
  // Node returns 0 or an enormous number where there is no limit.
  const isLimited = constrainedBytes > 0 && constrainedBytes < totalmem()
  return isLimited ? constrainedBytes : UNLIMITED_MEMORY_BYTES
}

/** The parts of the memory limit that what grows with the clients may use, in bytes. */
export interface MemoryShares {
  /** Frames that all rooms keep for clients that resume. */
  readonly ringsBytes: number
  /** Rooms that connections follow without having joined them. */
  readonly followsBytes: number
  /** Frames that wait for all clients. */
  readonly buffersBytes: number
  /** Messages of all lanes that wait for the database. */
  readonly queuedBytes: number
  /** How many connections fit their share. */
  readonly connections: number
}

/** @param limitBytes @default the limit of the container */
export function memoryShares(limitBytes: number = memoryLimitBytes()): MemoryShares {
  return {
    ringsBytes: Math.floor(limitBytes * RINGS_SHARE),
    followsBytes: Math.floor(limitBytes * FOLLOWS_SHARE),
    buffersBytes: Math.floor(limitBytes * BUFFERS_SHARE),
    queuedBytes: Math.floor(limitBytes * QUEUED_MESSAGES_SHARE),
    connections: Math.floor((limitBytes * CONNECTIONS_SHARE) / CONNECTION_BYTES),
  }
}
