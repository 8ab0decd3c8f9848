export { ApiError, call, createRoom, login, register } from './api.ts'
export { openApi, type ChatApi } from './chat-api.ts'
export { ChatClient, connect } from './client.ts'
export { Login, newDeviceKey, type LoginOptions } from './login.ts'
export { count, type Counts, type Cursor, type Delivery, type Record, type SentMessage } from './record.ts'
export type { AnswerOf, FrameOperation, HttpOperation, InputOf } from './operations.ts'
export { newClientId } from './random.ts'
export { signToken } from './token.ts'
export {
  RefusedError,
  SessionEndedError,
  type Acknowledgement,
  type ChatEvent,
  type ConnectOptions,
  type EventFields,
  type FollowedRoom,
} from './types.ts'
