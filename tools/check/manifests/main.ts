import { checkManifests } from './check.ts'

// Prints the findings without an exception and the exceptions without a finding; exits with 1 when there are any.
const { unexplained, unused } = await checkManifests(['kube-score', 'checkov'])
for (const line of unexplained) console.log(line)
for (const line of unused) console.log(`${line}: no finding matches this exception; remove it from exceptions.ts`)
if (unexplained.length + unused.length > 0) process.exitCode = 1
