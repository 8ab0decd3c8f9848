import { relative, resolve } from 'node:path'
import { importFault } from './import-fault.ts'

/** The parts of ESLint's interface that the rule uses. */
interface Context {
  readonly filename: string
  report(problem: { readonly node: Source; readonly message: string }): void
}
interface Source {
  readonly type: string
  readonly value?: unknown
}
interface Importing {
  readonly source?: Source | null
}

const CHECKOUT = resolve(import.meta.dirname, '..', '..')

/** An import that the table of workspaces does not have, or that leads to a higher layer. */
const imports = {
  create(context: Context) {
    const file = relative(CHECKOUT, context.filename)
    const check = ({ source }: Importing): void => {
      if (typeof source?.value !== 'string') return
      const message = importFault(file, source.value)
      if (message !== undefined) context.report({ node: source, message })
    }
    return {
      ImportDeclaration: check,
      ImportExpression: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
    }
  },
}

/** A plugin of oxlint (see .oxlintrc.json). */
export default { meta: { name: 'borders' }, rules: { imports } }
