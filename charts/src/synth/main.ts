import { enableCompileCache } from 'node:module'
import { resolve } from 'node:path'

/**
 * `npm run synth`. Its modules are compiled once and kept beside the packages, which halves its time. Nothing is imported
 * before that.
 */
enableCompileCache(resolve(import.meta.dirname, '../../../node_modules/.cache/synth'))
// Schemas are used once or twice in this process: compiling each costs more than it saves.
;(await import('zod')).config({ jitless: true })
const { run } = await import('./cli.ts')

// Writing does not wait for anything: an interruption that comes meanwhile is seen when all files are in their place.
process.once('SIGINT', () => process.exit(130))
process.once('SIGTERM', () => process.exit(143))
try {
  console.log(run(process.argv.slice(2)))
} catch (error) {
  console.error(`synth: ${(error as Error).message}`)
  process.exitCode = 1
}
process.removeAllListeners('SIGINT').removeAllListeners('SIGTERM')
