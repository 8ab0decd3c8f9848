import type { Chart } from 'cdk8s'
import type { Cluster } from '../cluster.ts'
import { authority } from './authority.ts'
import { credentials } from './credentials.ts'
import { externalSecrets } from './external.ts'
import { generatedSecrets } from './generated.ts'

/** Where the credentials and certificates of all other parts come from. No value of a credential is in the output. */
export function secrets(chart: Chart, cluster: Cluster): void {
  const { name, operator, secrets } = cluster.environment
  authority(chart, cluster)
  if (secrets.kind === 'generated') generatedSecrets(chart, operator, credentials(cluster))
  else externalSecrets(chart, name, secrets, credentials(cluster))
}
