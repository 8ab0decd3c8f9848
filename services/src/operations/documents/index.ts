import { stringify } from 'yaml'
import { asyncApi } from './asyncapi.ts'
import { openApi } from './openapi.ts'

const HEADER = '# Written by `npm run generate` from services/src/operations/.\n'

/** The generated documents, by path relative to the checkout. */
export function operationDocuments(): Record<string, string> {
  const text = (document: object) => HEADER + stringify(document, { lineWidth: 0, aliasDuplicateObjects: false })
  return { 'docs/reference/openapi.yaml': text(openApi()), 'docs/reference/asyncapi.yaml': text(asyncApi()) }
}
