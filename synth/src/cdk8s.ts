import { environments } from '@chat-app/environments'
import { join } from 'node:path'
import { bundleApps, clustersOf } from '@chat-app/platform'

/** The cdk8s app. `npx cdk8s synth` runs it and names the output folder; `npm run synth` writes the same files. */
const outdir = process.env['CDK8S_OUTDIR'] ?? 'dist'

for (const cluster of environments.flatMap(clustersOf))
  for (const app of bundleApps(cluster, join(outdir, cluster.folder))) app.synth()
