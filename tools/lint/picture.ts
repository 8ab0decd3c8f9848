import { WORKSPACES, type Workspace } from './workspaces.ts'

const BEGIN = '<!-- The picture is drawn from tools/lint/workspaces.ts by `npm run generate`. -->'
const END = '<!-- End of the picture. -->'

/** A page with its picture of the workspaces drawn anew. @throws Error for a page that has no place for one */
export function withPicture(page: string, workspaces = WORKSPACES): string {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)]
  if (begin < 0 || end < begin) throw new Error(`the page has no lines ${BEGIN} and ${END}`)
  return `${page.slice(0, begin)}${BEGIN}\n\n${picture(workspaces)}\n${page.slice(end)}`
}

/** What each workspace may import: a diagram, and a list with what the diagram leaves out. */
function picture(workspaces: Readonly<Record<string, Workspace>>): string {
  const names = Object.keys(workspaces)
  const arrows = names.flatMap((name) => direct(name, workspaces).map((target) => `  ${name} --> ${target}`))
  const rows = names.map((name) => {
    const { folder, imports, tests = [] } = workspaces[name]!
    return `| \`${folder}/\` | ${imports.join(', ') || '-'} | ${tests.join(', ') || '-'} |`
  })
  return [
    '```mermaid',
    'flowchart RL',
    ...names.map((name) => `  ${name}["${workspaces[name]!.folder}/"]`),
    ...arrows,
    '```',
    '',
    'An arrow is an import. One that follows from two others is not drawn.',
    '',
    '| folder | may import | its tests also |',
    '|---|---|---|',
    ...rows,
    '',
  ].join('\n')
}

/** The imports of a workspace that none of its other imports has already. */
function direct(name: string, workspaces: Readonly<Record<string, Workspace>>): readonly string[] {
  const { imports } = workspaces[name]!
  return imports.filter((target) => !imports.some((other) => other !== target && reach(other, target, workspaces)))
}

function reach(from: string, to: string, workspaces: Readonly<Record<string, Workspace>>): boolean {
  return workspaces[from]!.imports.some((next) => next === to || reach(next, to, workspaces))
}
