import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { record } from './record.ts'
import { screensOf } from './screens.ts'
import { svgOf } from './svg.ts'

// Runs the demo and writes the recording that README.md shows: `node tools/setup.mjs tools/cast/main.ts`.

const COMMAND = 'npm run --silent demo'
const FILE = join(import.meta.dirname, '..', '..', 'docs', 'images', 'demo.svg')

const screens = await screensOf(await record(COMMAND))
writeFileSync(
  FILE,
  svgOf(screens, `${COMMAND}: starts Kubernetes, installs the operator, creates a ChatApp, and lets two users chat`),
)
console.error(`wrote ${FILE}: ${screens.length} screens`)
