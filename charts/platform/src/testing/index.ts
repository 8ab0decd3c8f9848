export { environments } from './environments.ts'
export { largestRollout, PROPERTIES } from './properties.ts'
