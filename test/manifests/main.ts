import { checkManifests, type ManifestTool } from './check.ts'

/** `node test/manifests/main.ts TOOL`: what a tool has against the manifests, and no exception explains; ends with 1. */
const [tool] = process.argv.slice(2)
if (tool !== 'kube-score' && tool !== 'checkov')
  throw new Error(`unknown tool "${tool}"; there are kube-score, checkov`)
const { unexplained, unused } = await checkManifests([tool satisfies ManifestTool])
for (const line of unexplained) console.log(line)
for (const line of unused) console.log(`${line}: this exception explains nothing any more, remove it`)
if (unexplained.length + unused.length > 0) process.exitCode = 1
