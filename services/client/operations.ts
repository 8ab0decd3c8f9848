import type { z } from 'zod'
import type { KnownOperation } from '../src/operations/registry.ts'

/** The routes of the operations, by name, with fields of the input as `:field`. A test compares them with the registry. */
export const ROUTES = {
  acceptInvitation: ['POST', '/api/chat/rooms/:room/invitations/accept'],
  approveRequest: ['POST', '/api/chat/rooms/:room/requests/:user/approve'],
  askToJoin: ['POST', '/api/chat/rooms/:room/requests'],
  blockUser: ['POST', '/api/chat/blocks'],
  changeSettings: ['PATCH', '/api/chat/rooms/:room'],
  createRoom: ['POST', '/api/chat/rooms'],
  declineInvitation: ['POST', '/api/chat/rooms/:room/invitations/decline'],
  describeSenders: ['POST', '/api/chat/rooms/:room/senders'],
  editMessage: ['POST', '/api/chat/rooms/:room/messages/:target/edit'],
  endRoom: ['POST', '/api/chat/rooms/:room/end'],
  getRoom: ['GET', '/api/chat/rooms/:room'],
  getUser: ['GET', '/api/chat/people/:user'],
  inviteUser: ['POST', '/api/chat/rooms/:room/invitations'],
  joinRoom: ['POST', '/api/chat/rooms/:room/join'],
  leaveRoom: ['POST', '/api/chat/rooms/:room/leave'],
  listBlocks: ['GET', '/api/chat/blocks'],
  listInvitations: ['GET', '/api/chat/invitations'],
  listMembers: ['GET', '/api/chat/rooms/:room/members'],
  listMentions: ['GET', '/api/chat/mentions'],
  listMessages: ['GET', '/api/chat/rooms/:room/messages'],
  listPublicRooms: ['GET', '/api/chat/public-rooms'],
  listRequests: ['GET', '/api/chat/rooms/:room/requests'],
  listRooms: ['GET', '/api/chat/rooms'],
  muteMember: ['POST', '/api/chat/rooms/:room/members/:user/mute'],
  openDirectRoom: ['POST', '/api/chat/direct-rooms'],
  pinMessage: ['POST', '/api/chat/rooms/:room/messages/:target/pin'],
  reactToMessage: ['POST', '/api/chat/rooms/:room/messages/:target/reactions'],
  recallMessage: ['POST', '/api/chat/rooms/:room/messages/:target/recall'],
  reportMessage: ['POST', '/api/chat/rooms/:room/messages/:target/report'],
  removeMember: ['POST', '/api/chat/rooms/:room/members/:user/remove'],
  searchPeople: ['GET', '/api/chat/people'],
  sendMessage: ['POST', '/api/chat/rooms/:room/messages'],
  setDirectRule: ['POST', '/api/chat/direct-rule'],
  setDisplayName: ['POST', '/api/chat/display-name'],
  setNotify: ['POST', '/api/chat/rooms/:room/notify'],
  setRole: ['POST', '/api/chat/rooms/:room/members/:user/role'],
  unblockUser: ['POST', '/api/chat/blocks/:user/remove'],
} as const

/** The frames that ask for operations over a WebSocket, but for those that the client has methods of its own for. */
export const FRAMES = {
  acceptInvitation: { type: 'accept' },
  approveRequest: { type: 'approve' },
  askToJoin: { type: 'ask' },
  blockUser: { type: 'block' },
  changeSettings: { type: 'settings' },
  declineInvitation: { type: 'decline' },
  editMessage: { type: 'send', kind: 'edit' },
  endRoom: { type: 'end' },
  getRoom: { type: 'room' },
  inviteUser: { type: 'invite' },
  leaveRoom: { type: 'quit' },
  listBlocks: { type: 'blocks' },
  listChanges: { type: 'changes' },
  listInvitations: { type: 'invitations' },
  listMembers: { type: 'members' },
  listMessages: { type: 'history' },
  listPublicRooms: { type: 'public-rooms' },
  listRequests: { type: 'requests' },
  listRooms: { type: 'rooms' },
  markRead: { type: 'read' },
  muteMember: { type: 'mute' },
  pinMessage: { type: 'send', kind: 'pin' },
  ping: { type: 'ping' },
  reactToMessage: { type: 'send', kind: 'reaction' },
  recallMessage: { type: 'send', kind: 'recall' },
  removeMember: { type: 'remove' },
  setDirectRule: { type: 'direct-rule' },
  setNotify: { type: 'notify' },
  setRole: { type: 'role' },
  unblockUser: { type: 'unblock' },
  watchUsers: { type: 'watch' },
} as const

export type HttpOperation = keyof typeof ROUTES
export type FrameOperation = keyof typeof FRAMES

type Named<N extends HttpOperation | FrameOperation> = Extract<KnownOperation, { readonly name: N }>

/** What an operation takes. */
export type InputOf<N extends HttpOperation | FrameOperation> = z.input<Named<N>['input']>
/** What an operation answers. */
export type AnswerOf<N extends HttpOperation | FrameOperation> = z.output<Named<N>['output']>
