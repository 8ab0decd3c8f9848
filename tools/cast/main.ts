import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { record } from './record.ts'
import { screensOf } from './screens.ts'
import { svgOf } from './svg.ts'

const COMMAND = 'npm run --silent demo'
const FILE = join(import.meta.dirname, '..', '..', 'docs', 'images', 'demo.svg')

/** Runs the demo and writes its recording, which README.md shows: `node tools/setup.mjs tools/cast/main.ts`. */
const screens = await screensOf(await record(COMMAND))
writeFileSync(FILE, svgOf(screens, `${COMMAND}: a Kubernetes, the operator, a ChatApp, and two users who chat`))
console.error(`wrote ${FILE}: ${screens.length} screens`)
