import { sizeText } from './amounts.ts'
import { podsOf } from './demand.ts'
import { idOf, type Graph, type Link, type Node } from './graph.ts'

/** A graph as a flowchart of Mermaid: a box for each namespace, and the ends outside of the cluster around them. */
export function flowchart({ nodes, links }: Graph): string {
  const ends = [...nodes, ...links.flatMap(({ from, to }) => [from, to])]
  const ids = new Map([...new Set(ends.map(idOf))].map((end, index) => [end, `n${index}`]))
  const id = (end: Node | string) => ids.get(idOf(end)) as string
  const outside = [...new Set(ends.filter((end) => typeof end === 'string'))]
  return [
    'flowchart LR',
    ...[...Map.groupBy(nodes, ({ namespace }) => namespace)].flatMap(([namespace, inside], index) => [
      `  subgraph s${index}[${quoted(namespace)}]`,
      ...inside.map((node) => `    ${id(node)}[${quoted(nodeText(node))}]`),
      '  end',
    ]),
    ...outside.map((name) => `  ${id(name)}([${quoted(name)}])`),
    ...links.map(({ from, to, why }) => `  ${id(from)} -->|${quoted(linkText(why))}| ${id(to)}`),
  ].join('\n')
}

function nodeText({ object }: Node): string {
  const sizes = (podsOf(object) ?? []).map(sizeText)
  return [`${object.kind} ${object.metadata.name}`, ...sizes].join('<br>')
}

function linkText(why: Link['why']): string {
  return why.join('<br>')
}

/** Text in quotes; Mermaid needs an entity for a quote in it. */
function quoted(text: string): string {
  return `"${text.replaceAll('"', '#quot;')}"`
}
