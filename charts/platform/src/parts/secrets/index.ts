import type { Chart } from 'cdk8s'
import type { Cluster } from '../../environment/cluster.ts'
import { authority } from './authority.ts'
import { credentials } from './credentials.ts'
import { externalSecrets } from './external.ts'
import { generatedSecrets } from './generated.ts'
import { tokenRenewal } from './token-renewal.ts'
import { withImage } from '../../environment/operator.ts'
import type { VaultValues } from '../../environment/secrets.ts'

/** The credentials and certificates of the other parts. The output contains no value of a credential. */
export function secrets(chart: Chart, cluster: Cluster): void {
  const { name, operator, secrets } = cluster.environment
  authority(chart, cluster)
  if (secrets.kind === 'generated') generatedSecrets(chart, withImage(operator), credentials(cluster))
  else externalSecrets(chart, name, ofRegion(secrets, cluster), credentials(cluster))
  tokenRenewal(chart, cluster.environment)
}

/** A mount of Vault's Kubernetes authentication verifies the tokens of one cluster, so each region has its own. */
function ofRegion(vault: VaultValues, { region }: Cluster): VaultValues {
  if (region === undefined) return vault
  return { ...vault, authenticationPath: `${vault.authenticationPath}-${region.own.name}` }
}
