import { exceptions, type Exception } from './exceptions.ts'

/** docs/reference/manifest-checks.md: all exceptions as a table. */
export function exceptionsPage(): string {
  return [
    '# Exceptions of the manifest checks',
    '',
    'kube-score and checkov check every manifest of every cluster, including the objects that the',
    'operator will create for the ChatApp (`npm run check -- manifests`). These findings are accepted,',
    'each with its reason. An exception without a finding fails the check. `npm run generate` writes the',
    'table from `tools/check/manifests/exceptions.ts`.',
    '',
    '| tool | check | objects | reason |',
    '|---|---|---|---|',
    ...exceptions.map(row),
    '',
  ].join('\n')
}

function row({ tool, check, objects, reason }: Exception): string {
  const all = objects.includes('*') ? 'all' : objects.map((object) => `\`${object}\``).join('<br>')
  return `| ${tool} | \`${check}\` | ${all} | ${reason} |`
}
