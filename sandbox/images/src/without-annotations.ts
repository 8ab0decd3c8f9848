import { readFile } from 'node:fs/promises'
import { join, sep } from 'node:path'
import type { Plugin } from 'esbuild'
import { parseSync, Visitor, type ObjectExpression } from 'oxc-parser'

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

/** Properties of a rule that only the API server reads. A rule is an object with `holds`. */
const CEL: ReadonlySet<string> = new Set(['rule', 'messageExpression'])

/** The TypeScript module without the calls of `.describe(text)` and `.meta(annotations)`, and without CEL. */
export function unannotated(module: string): string {
  const left: Range[] = []
  new Visitor({
    CallExpression({ callee, arguments: given, end }) {
      if (callee.type !== 'MemberExpression' || callee.computed || given.length !== 1) return
      if (callee.property.type === 'Identifier' && ANNOTATIONS.has(callee.property.name))
        left.push({ start: callee.object.end, end })
    },
    ObjectExpression(object) {
      left.push(...celOf(object))
    },
  }).visit(parseSync('module.ts', module).program)
  let rest = 0
  const kept = left
    .toSorted((a, b) => a.start - b.start)
    .map(({ start, end }) => {
      const before = module.slice(rest, start)
      rest = Math.max(rest, end)
      return before
    })
  return [...kept, module.slice(rest)].join('')
}

interface Range {
  readonly start: number
  readonly end: number
}

/** Each of them is followed by `holds`. */
function celOf({ properties }: ObjectExpression): Range[] {
  const names = properties.map((property) =>
    property.type === 'Property' && property.key.type === 'Identifier' ? property.key.name : '',
  )
  if (names.at(-1) !== 'holds') return []
  return properties.flatMap(({ start }, index) => {
    const end = properties[index + 1]?.start
    return end !== undefined && CEL.has(names[index] ?? '') ? [{ start, end }] : []
  })
}
