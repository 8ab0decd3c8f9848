import { environments } from '@chat-app/environments'
import { activeCluster, clustersOf, type Environment, type Region } from '@chat-app/platform'
import { cores, gibibytes } from './amounts.ts'
import { podsOf, sum } from './demand.ts'
import { graph, kindCounts, type Graph } from './graph.ts'
import { flowchart } from './mermaid.ts'
import { partsTable } from './parts.ts'

const FOLDER = 'docs/reference/environments'

/** A page for each environment with its diagram and its objects, and one that compares them, by path. */
export function environmentPages(): Record<string, string> {
  const pages = environments.map((environment) => [`${FOLDER}/${environment.name}.md`, page(environment)])
  return { ...Object.fromEntries(pages), [`${FOLDER}/README.md`]: overview(environments) } as Record<string, string>
}

const generated = 'Generated from the manifests by `npm run generate`.'

function overview(all: readonly Environment[]): string {
  const rows = all.flatMap(clustersOf).map((cluster) => {
    const total = sum(graph(cluster).nodes.flatMap(({ object }) => podsOf(object) ?? []))
    const objects = kindCounts(cluster).reduce((whole, [, count]) => whole + count, 0)
    const page = `[${cluster.folder}](${cluster.environment.name}.md)`
    return `| ${[page, objects, total.pods, cores(total.cpu), gibibytes(total.memory), gibibytes(total.storage)].join(' | ')} |`
  })
  return [
    '# Environments',
    '',
    `${generated} The numbers of pods are those at the`,
    'start: autoscalers can add more. Jobs, and pods that run on every node, are not counted.',
    '',
    '| cluster | objects applied | pods | CPU requested | memory requested | volumes |',
    '|---|---|---|---|---|---|',
    ...rows,
    '',
    'What each has, in each of its regions:',
    '',
    ...partsTable(all),
    '',
  ].join('\n')
}

function page(environment: Environment): string {
  const shown = activeCluster(environment)
  const drawn = graph(shown)
  return [
    `# The environment ${environment.name}`,
    '',
    `${generated} An arrow is a connection that the`,
    'NetworkPolicies allow, from its client to its server, or a resource for which the operator waits.',
    'The diagram omits Jobs and connections to the DNS and to the API server.',
    '',
    ...regions(environment),
    ...fenced(flowchart(drawn)),
    '',
    '## Sizes',
    '',
    ...sizes(drawn),
    '',
    '## Objects',
    '',
    '| kind | objects |',
    '|---|---|',
    ...kindCounts(shown).map(([kind, count]) => `| ${kind} | ${count} |`),
    '',
  ].join('\n')
}

function sizes({ nodes }: Graph): string[] {
  const rows = nodes.flatMap(({ object, namespace }) =>
    (podsOf(object) ?? []).map(({ pods, cpu, memory, storage }) =>
      row([
        `${object.kind} \`${namespace}/${object.metadata.name}\``,
        pods,
        cores(cpu),
        gibibytes(memory),
        gibibytes(storage),
      ]),
    ),
  )
  const total = sum(nodes.flatMap(({ object }) => podsOf(object) ?? []))
  return [
    '| what | pods | CPU requested by each | memory requested by each | volumes of each |',
    '|---|---|---|---|---|',
    ...rows,
    row(['**all together**', total.pods, cores(total.cpu), gibibytes(total.memory), gibibytes(total.storage)]),
  ]
}

function row(cells: readonly (string | number)[]): string {
  return `| ${cells.join(' | ')} |`
}

/** The regions, and which follows which. */
function regions({ regions }: Environment): string[] {
  if (regions === undefined) return []
  const id = ({ name }: Region) => `r${regions.clusters.findIndex((region) => region.name === name)}`
  const active = regions.clusters.find(({ name }) => name === regions.active) as Region
  const nodes = regions.clusters.map((region) => {
    const role = region === active ? 'takes the writes' : 'follows'
    return `  ${id(region)}["${region.name}<br>${role}"]`
  })
  const others = regions.clusters.filter((region) => region !== active)
  const links = others.flatMap((region) => [
    `  ${id(active)} -->|"database: replication channel"| ${id(region)}`,
    `  ${id(active)} <-->|"object storage: site replication"| ${id(region)}`,
  ])
  return [
    `The environment has ${regions.clusters.length} clusters. \`regions.active\` in its values selects the one that takes the`,
    'writes; the others run no pod of the ChatApp.',
    '',
    ...fenced(['flowchart LR', ...nodes, ...links].join('\n')),
    '',
    `The cluster ${active.name}:`,
    '',
  ]
}

function fenced(diagram: string): string[] {
  return ['```mermaid', diagram, '```']
}
