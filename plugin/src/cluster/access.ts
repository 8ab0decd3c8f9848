import { DOCTOR_REQUEST_SECONDS } from '../limits.ts'
import { reasonOf, type Cluster } from './cluster.ts'

/** One thing that somebody may or may not do. */
export interface Ask {
  readonly group: string
  /** The plural of a kind, with `/` and a subresource where one is meant. */
  readonly resource: string
  readonly verb: string
  readonly namespace: string
}

interface Account {
  readonly name: string
  readonly namespace: string
}

/** What is refused of what was asked, or why nobody says. */
export type Reviewed = { readonly refused: readonly Ask[] } | { readonly unread: string }

const API = 'authorization.k8s.io/v1'
const OUTPUT = 'jsonpath={.status.allowed}{"\\n"}'

/**
 * Asks the API server what the caller may do, or with `account` what a ServiceAccount may; nothing is stored. All questions
 * are one process of kubectl. The second one needs `create` on `localsubjectaccessreviews`.
 */
export async function review({ results }: Cluster, asks: readonly Ask[], account?: Account): Promise<Reviewed> {
  const items = asks.map((ask) => reviewOf(ask, account))
  const args = ['create', '--filename', '-', '--output', OUTPUT, '--request-timeout', `${DOCTOR_REQUEST_SECONDS}s`]
  try {
    const result = await results(args, {
      input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }),
      timeoutMs: 3 * DOCTOR_REQUEST_SECONDS * 1000,
    })
    if (result.code !== 0) return { unread: reasonOf({ ...result, err: result.err.split('\n')[0] ?? '' }) }
    // The answers come in the order of the questions.
    const answers = result.out.trim().split('\n')
    if (answers.length !== asks.length) return { unread: 'the API server has not answered every question' }
    return { refused: asks.filter((_, index) => answers[index] !== 'true') }
  } catch (error) {
    return { unread: (error as Error).message }
  }
}

function reviewOf({ group, resource: path, verb, namespace }: Ask, account: Account | undefined): object {
  const [resource, subresource] = path.split('/')
  const resourceAttributes = { group, resource, verb, namespace, ...(subresource !== undefined && { subresource }) }
  if (account === undefined) return { apiVersion: API, kind: 'SelfSubjectAccessReview', spec: { resourceAttributes } }
  const groups = ['system:serviceaccounts', `system:serviceaccounts:${account.namespace}`, 'system:authenticated']
  const user = `system:serviceaccount:${account.namespace}:${account.name}`
  return {
    apiVersion: API,
    kind: 'LocalSubjectAccessReview',
    metadata: { namespace },
    spec: { user, groups, resourceAttributes },
  }
}
