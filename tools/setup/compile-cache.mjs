// Preloaded with --import: keeps compiled and type-stripped code in node_modules, so that it is removed with the
// packages. Node compiles again when the folder cannot be written. Plain JavaScript, because loading TypeScript without
// the cache takes a tenth of the time of `npm run synth`.
import { enableCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'

enableCompileCache(fileURLToPath(new URL('../../node_modules/.cache/node', import.meta.url)))
