import { exceptions, type Exception } from './exceptions.ts'

/** The page with every exception from what the tools ask for. */
export function exceptionsPage(): string {
  return [
    '# What the checks of the manifests do not ask for',
    '',
    'kube-score and checkov read every manifest of every cluster, those that the operator will make of the ChatApp too',
    '(`npm run check -- manifests`). They have nothing against them but this, each with its reason. An exception that explains',
    'nothing any more fails the check. The table is generated from `tools/check/manifests/exceptions.ts` by `npm run generate`.',
    '',
    '| tool | check | objects | why it is not followed |',
    '|---|---|---|---|',
    ...exceptions.map(row),
    '',
  ].join('\n')
}

function row({ tool, check, objects, reason }: Exception): string {
  const all = objects.includes('*') ? 'all' : objects.map((object) => `\`${object}\``).join('<br>')
  return `| ${tool} | \`${check}\` | ${all} | ${reason} |`
}
