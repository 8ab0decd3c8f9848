import { environments } from '@chat-app/environments'
import { join } from 'node:path'
import { environmentApps } from './platform/environment.ts'

/** The cdk8s app: `npx cdk8s synth` runs it, and names the folder. `npm run synth` writes the same files. */
const outdir = process.env['CDK8S_OUTDIR'] ?? 'dist'

for (const environment of environments)
  for (const app of environmentApps(environment, join(outdir, environment.name))) app.synth()
