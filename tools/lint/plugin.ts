import { relative, resolve } from 'node:path'
import { importFault } from './import-fault.ts'

/** The part of ESLint's rule API that this rule uses. */
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

/** Reports an import that `importFault` does not allow. */
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

/** The oxlint plugin, loaded by .oxlintrc.json. */
export default { meta: { name: 'borders' }, rules: { imports } }
