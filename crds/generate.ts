import { stringify } from 'yaml'
import { crd } from './crd.ts'
import { reference } from './reference.ts'

/** The contents of the files that are generated from the schema, by path in the repository. */
export function generated(): Record<string, string> {
  return {
    'crds/chatapp.yaml': `# Generated from crds/chatapp.ts by \`npm run generate\`. Do not edit.\n${stringify(crd(), { lineWidth: 0, aliasDuplicateObjects: false })}`,
    'docs/reference/chatapp.md': reference(),
  }
}
