export { environments, withExternalStorage } from './environments.ts'
export { largestRollout, PROPERTIES } from './properties.ts'
