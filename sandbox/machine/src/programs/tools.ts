import { join } from 'node:path'
import { onPath } from '../system/on-path.ts'
import type { Progress } from '../types.ts'
import { assertCanBuild, buildProgram, cachedProgram, goModLine, type GoModule } from './go-module.ts'

/** Programs that tests and benchmarks run, each pinned by a Go module of its own in `sandbox/machine/go`. */
export const TOOLS = ['gitleaks', 'helm', 'kube-score', 'kustomize', 'mc', 'minio'] as const
export type Tool = (typeof TOOLS)[number]

/** Path of a program of the pinned version: from our cache, or built from its Go module (once; up to 6 minutes). */
export async function tool(name: Tool, options: { readonly onProgress?: Progress } = {}): Promise<string> {
  const module = moduleOf(name)
  return join(cachedProgram(module) ?? (await buildProgram(module, [name], options)), name)
}

/** Why `tool` would throw, without building anything; undefined when it has the program or can build it. */
export function whyNoTool(name: Tool): string | undefined {
  const module = moduleOf(name)
  if (cachedProgram(module) !== undefined) return undefined
  try {
    assertCanBuild(module, [name])
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

function moduleOf(name: Tool): GoModule {
  const folder = join(import.meta.dirname, '..', '..', 'go', name)
  const path = goModLine(folder, /^tool (\S+)/m)
  return {
    folder,
    title: name,
    version: versionOf(folder, path),
    package: path,
    variables: {},
    remedies:
      onPath(name) === undefined ? [] : [`(the ${name} on PATH is not used: its version is not the pinned one)`],
  }
}

/** The version of the module that the package belongs to: the longest required path that it begins with. */
function versionOf(folder: string, path: string): string {
  const parts = path.split('/')
  for (let length = parts.length; length > 0; length--) {
    const module = parts.slice(0, length).join('/').replaceAll('.', '\\.')
    try {
      return goModLine(folder, new RegExp(`^\\s*(?:require )?${module} (v\\S+)`, 'm'))
    } catch {
      // A shorter path may be the module's.
    }
  }
  throw new Error(`${join(folder, 'go.mod')}: requires no module of ${path}`)
}
