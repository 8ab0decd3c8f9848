export { DEADLINE_MS, eventually } from './eventually.ts'
export { listeningAddresses } from './listening.ts'
export { must } from './must.ts'
export { uniqueName } from './unique-name.ts'
