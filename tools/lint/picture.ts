import { between } from '../generate/between.ts'
import { WORKSPACES, type Workspace } from './workspaces.ts'

const BEGIN = '<!-- The picture is drawn from tools/lint/workspaces.ts by `npm run generate`. -->'
const END = '<!-- End of the picture. -->'

/**
 * Replaces the picture of the workspaces in a page.
 *
 * @throws Error when the page lacks the comments that enclose the picture
 */
export function withPicture(page: string, workspaces = WORKSPACES): string {
  return between(page, BEGIN, END, `\n\n${picture(workspaces)}\n`)
}

/** The allowed imports: a diagram without the arrows that others imply, and a complete table. */
function picture(workspaces: Readonly<Record<string, Workspace>>): string {
  const names = Object.keys(workspaces)
  const arrows = names.flatMap((name) => directImports(name, workspaces).map((target) => `  ${name} --> ${target}`))
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
    'An arrow means "may import". An arrow that follows from others is not drawn.',
    '',
    '| folder | may import | its tests may also import |',
    '|---|---|---|',
    ...rows,
    '',
  ].join('\n')
}

/** The imports that no other import of the workspace leads to. */
function directImports(name: string, workspaces: Readonly<Record<string, Workspace>>): readonly string[] {
  const { imports } = workspaces[name]!
  return imports.filter((target) => !imports.some((other) => other !== target && reaches(other, target, workspaces)))
}

function reaches(from: string, to: string, workspaces: Readonly<Record<string, Workspace>>): boolean {
  return workspaces[from]!.imports.some((next) => next === to || reaches(next, to, workspaces))
}
