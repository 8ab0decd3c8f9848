import { readFile } from 'node:fs/promises'
import { join, sep } from 'node:path'
import type { Plugin } from 'esbuild'
import { parseSync, Visitor } from 'oxc-parser'

/** Methods of a zod schema that annotate it, with one argument, and do not change what it accepts or returns. */
const ANNOTATIONS: ReadonlySet<string> = new Set(['describe', 'meta'])

/**
 * Leaves the annotations of the ChatApp schema out of a bundle: they are for the CRD and the reference page, which no
 * image generates.
 */
export function withoutAnnotations(checkout: string): Plugin {
  const folder = join(checkout, 'crds') + sep
  return {
    name: 'without annotations',
    setup(build) {
      build.onLoad({ filter: /\.ts$/ }, async ({ path }) =>
        path.startsWith(folder) ? { contents: unannotated(await readFile(path, 'utf8')), loader: 'ts' } : undefined,
      )
    },
  }
}

/** The TypeScript module without the calls of `.describe(text)` and `.meta(annotations)`. */
export function unannotated(module: string): string {
  const calls: { start: number; end: number }[] = []
  new Visitor({
    CallExpression({ callee, arguments: given, end }) {
      if (callee.type !== 'MemberExpression' || callee.computed || given.length !== 1) return
      if (callee.property.type === 'Identifier' && ANNOTATIONS.has(callee.property.name))
        calls.push({ start: callee.object.end, end })
    },
  }).visit(parseSync('module.ts', module).program)
  let rest = 0
  const kept = calls
    .toSorted((a, b) => a.start - b.start)
    .map(({ start, end }) => {
      const before = module.slice(rest, start)
      rest = Math.max(rest, end)
      return before
    })
  return [...kept, module.slice(rest)].join('')
}
