import type { SyntaxNode } from '@lezer/common'
import { parser } from '@prometheus-io/lezer-promql'

/**
 * The names of the metrics in a query.
 *
 * @throws Error for invalid PromQL, and for a selector without a metric name
 */
export function metricsOf(expr: string): string[] {
  const names: string[] = []
  parser.parse(expr).iterate({
    enter: ({ type, from, to, node }) => {
      if (type.isError) throw new Error(`invalid PromQL at ${from}: ${expr.slice(Math.max(0, from - 20), to + 20)}`)
      if (type.name === 'VectorSelector') names.push(nameOf(node, expr))
    },
  })
  return names
}

function nameOf(selector: SyntaxNode, expr: string): string {
  const name = selector.getChild('Identifier')
  if (name === null) throw new Error(`a selector needs a metric name: ${expr.slice(selector.from, selector.to)}`)
  return expr.slice(name.from, name.to)
}
