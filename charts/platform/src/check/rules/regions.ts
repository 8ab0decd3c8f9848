import { mustDiffer, type Rule } from './rule.ts'

const MESSAGES = {
  name: 'must differ from the other clusters: it names the folder of the cluster',
  databaseHost: 'must differ from the other clusters: a database would replicate from itself',
  storageUrl: 'must differ from the other clusters: a storage would replicate to itself',
} as const

export const regionRules: readonly Rule[] = [
  {
    of: ['regions'],
    faults: ({ regions }) =>
      (Object.keys(MESSAGES) as (keyof typeof MESSAGES)[]).flatMap((field) =>
        mustDiffer(
          (regions?.clusters ?? []).map((cluster, index) => ({
            path: ['regions', 'clusters', index, field],
            value: cluster[field],
          })),
          () => MESSAGES[field],
        ),
      ),
  },
]
