import { changes } from './feed/changes.ts'
import { read } from './feed/read.ts'
import { sync } from './feed/sync.ts'
import { typing } from './feed/typing.ts'
import { watch } from './feed/watch.ts'
import { accept } from './members/accept.ts'
import { approve } from './members/approve.ts'
import { ask } from './members/ask.ts'
import { decline } from './members/decline.ts'
import { invite } from './members/invite.ts'
import { leaveForGood } from './members/leave-for-good.ts'
import { listInvitations } from './members/list-invitations.ts'
import { listRequests } from './members/list-requests.ts'
import { list as listMembers } from './members/list.ts'
import { mute } from './members/mute.ts'
import { remove } from './members/remove.ts'
import { setRole } from './members/set-role.ts'
import { edit } from './messages/edit.ts'
import { history } from './messages/history.ts'
import { listMentions } from './messages/list-mentions.ts'
import { pin } from './messages/pin.ts'
import { react } from './messages/react.ts'
import { recall } from './messages/recall.ts'
import { report } from './messages/report.ts'
import { send } from './messages/send.ts'
import type { AnyOperation } from './operation.ts'
import { block } from './people/block.ts'
import { describeSenders } from './people/describe-senders.ts'
import { directRule } from './people/direct-rule.ts'
import { getUser } from './people/get-user.ts'
import { listBlocks } from './people/list-blocks.ts'
import { search } from './people/search.ts'
import { setDisplayName } from './people/set-display-name.ts'
import { unblock } from './people/unblock.ts'
import { ping } from './ping.ts'
import { renew } from './renew.ts'
import { changeSettings } from './rooms/change-settings.ts'
import { create } from './rooms/create.ts'
import { direct } from './rooms/direct.ts'
import { directory } from './rooms/directory.ts'
import { end } from './rooms/end.ts'
import { get } from './rooms/get.ts'
import { join } from './rooms/join.ts'
import { leave } from './rooms/leave.ts'
import { list as listRooms } from './rooms/list.ts'
import { notify } from './rooms/notify.ts'

const ALL = [
  join,
  leave,
  send,
  edit,
  recall,
  react,
  pin,
  history,
  listMentions,
  report,
  renew,
  ping,
  create,
  get,
  listRooms,
  changeSettings,
  end,
  notify,
  directory,
  direct,
  listMembers,
  invite,
  listInvitations,
  accept,
  decline,
  ask,
  listRequests,
  approve,
  remove,
  leaveForGood,
  setRole,
  mute,
  block,
  unblock,
  listBlocks,
  directRule,
  search,
  getUser,
  describeSenders,
  setDisplayName,
  sync,
  changes,
  read,
  typing,
  watch,
] as const

/** One of the operations, with its types. */
export type KnownOperation = (typeof ALL)[number]

/** Whatever a user can ask for, over HTTP, a WebSocket or both. */
export const OPERATIONS: readonly AnyOperation[] = ALL
