import type { Bus } from '../fanout/bus.ts'
import { announceEntries } from '../fanout/inbox-announcer.ts'
import type { TransactionHook } from '../kinds/kinds.ts'
import type { ChannelNames } from '../store/channel-names.ts'
import { addEntries } from '../store/inbox.ts'

/** Writes what the events of a batch say to users, and announces it after COMMIT. */
export function inboxHook(bus: Bus, names: ChannelNames): TransactionHook {
  return async (connection, { inbox }) => {
    const heads = await addEntries(connection, inbox)
    return () => announceEntries(bus, names, heads)
  }
}
