import type { ChannelNames } from '../store/channel-names.ts'
import type { InboxHead } from '../store/inbox.ts'
import type { Bus } from './bus.ts'

/** Tells the processes that have connections of these users of their new entries. Call it after COMMIT. */
export function announceEntries(
  bus: Pick<Bus, 'publishEphemeral'>,
  names: Pick<ChannelNames, 'of'>,
  heads: readonly InboxHead[],
): void {
  for (const { user, no } of heads) {
    const channel = names.of('inbox', user)
    if (channel !== undefined) bus.publishEphemeral(channel, { is: 'inbox', no })
  }
}
