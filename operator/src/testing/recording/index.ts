export { aged } from './aged.ts'
export { LAST_VERSION } from './inputs.ts'
export { startRecorded, type RecordedChat } from './recorded-chat.ts'
export { recordings } from './recordings.ts'
