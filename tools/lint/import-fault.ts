import { dirname, join, normalize } from 'node:path'
import { WORKSPACES, type Workspace } from './workspaces.ts'

const SCOPE = '@chat-app/'

/**
 * Why an import is not allowed; undefined when it is. Imports of npm packages and of Node are always allowed, and so
 * are all imports of a file that belongs to no workspace.
 *
 * @param file the importing file, relative to the checkout
 * @param specifier the text in the import, such as `@chat-app/cli` or `./a.ts`
 */
export function importFault(file: string, specifier: string, workspaces = WORKSPACES): string | undefined {
  const own = workspaceOf(file, workspaces)
  if (own === undefined) return undefined
  if (specifier.startsWith(SCOPE)) return workspaceFault(file, own, specifier.split('/')[1] ?? '', workspaces)
  if (!specifier.startsWith('.')) return undefined
  const target = normalize(join(dirname(file), specifier))
  // Every workspace may read the version from the root's package.json.
  if (target === 'package.json') return undefined
  if (!isIn(workspaces[own]!, target))
    return `${target} is outside ${workspaces[own]!.folder}: import its workspace by name (${SCOPE}...)`
  return layerFault(file, target, workspaces[own]!)
}

function workspaceFault(
  file: string,
  own: string,
  name: string,
  workspaces: Readonly<Record<string, Workspace>>,
): string | undefined {
  if (name === own) return `this file is in ${SCOPE}${own} itself: import by a relative path`
  const { imports, tests = [] } = workspaces[own]!
  const allowed = isTest(file, workspaces[own]!) ? [...imports, ...tests] : imports
  if (allowed.includes(name)) return undefined
  return `${SCOPE}${own} may import ${list(allowed)}, not ${SCOPE}${name} (see tools/lint/workspaces.ts)`
}

function layerFault(file: string, target: string, workspace: Workspace): string | undefined {
  if (workspace.layers === undefined || isTest(file, workspace)) return undefined
  const { order } = workspace.layers
  const [from, to] = [layerOf(file, workspace), layerOf(target, workspace)]
  if (from === undefined || to === undefined || order.indexOf(to) <= order.indexOf(from)) return undefined
  return `${from} may not import ${to}, a higher layer (see tools/lint/workspaces.ts: ${order.join(' <- ')})`
}

/** The layer of a path: the most specific folder or file of `order` that contains it. */
function layerOf(path: string, { folder, layers }: Workspace): string | undefined {
  const base = join(folder, layers!.root)
  return layers!.order
    .filter((layer) => path === join(base, layer) || path.startsWith(`${join(base, layer)}/`))
    .toSorted((a, b) => b.length - a.length)[0]
}

function workspaceOf(file: string, workspaces: Readonly<Record<string, Workspace>>): string | undefined {
  return Object.keys(workspaces).find((name) => isIn(workspaces[name]!, file))
}

function isIn({ folder }: Workspace, path: string): boolean {
  return path.startsWith(`${folder}/`)
}

function isTest(file: string, { folder }: Workspace): boolean {
  return /\.test\.ts$|(^|\/)(testing|test)\//.test(file.slice(folder.length + 1))
}

function list(names: readonly string[]): string {
  return names.length === 0 ? 'no workspace' : names.map((name) => SCOPE + name).join(', ')
}
