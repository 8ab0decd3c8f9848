export { installPlatform, platformReady } from './install.ts'
