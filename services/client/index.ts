export { ApiError, createRoom, login, register } from './api.ts'
export {
  ChatClient,
  connect,
  RefusedError,
  type Acknowledgement,
  type ChatEvent,
  type ConnectOptions,
} from './client.ts'
export { count, type Counts, type Cursor, type Delivery, type Record, type SentMessage } from './record.ts'
export { signToken } from './token.ts'
