// Imported by Node before a script: what it compiles, and strips of types, is kept beside the packages, for each version of
// Node, and goes with them. Where that cannot be written, it is compiled again. Plain JavaScript: to load the first
// TypeScript without the cache takes a tenth of the time of `npm run synth`.
import { enableCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'

enableCompileCache(fileURLToPath(new URL('../../node_modules/.cache/node', import.meta.url)))
