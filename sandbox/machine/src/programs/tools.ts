import { join } from 'node:path'
import { onPath } from '../system/on-path.ts'
import type { Progress } from '../types.ts'
import { assertCanBuild, buildProgram, cachedProgram, goModLine, type GoModule } from './go-module.ts'

/** Programs that tests and benchmarks run. Each has its own Go module in `sandbox/machine/go`, which pins the version. */
export const TOOLS = ['compose', 'gitleaks', 'helm', 'kube-score', 'kustomize', 'mc', 'minio'] as const
export type Tool = (typeof TOOLS)[number]

/**
 * Returns the path of a program of the pinned version. The first call builds it into the cache, in up to 6 minutes.
 *
 * @throws Error if Go is missing or too old, or with the end of the output of `go build`
 */
export async function tool(name: Tool, options: { readonly onProgress?: Progress } = {}): Promise<string> {
  const module = moduleOf(name)
  return join(cachedProgram(module) ?? (await buildProgram(module, [name], options)), name)
}

/** Returns the reason why `tool` would throw, without building anything; undefined if it has or can build the program. */
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
      onPath(name) === undefined
        ? []
        : [`(the ${name} on PATH is not used: its version may differ from the pinned one)`],
  }
}

/** Returns the version of the package's module: the longest required module path that the package path begins with. */
function versionOf(folder: string, path: string): string {
  const parts = path.split('/')
  for (let length = parts.length; length > 0; length--) {
    const module = parts.slice(0, length).join('/').replaceAll('.', '\\.')
    try {
      return goModLine(folder, new RegExp(`^\\s*(?:require )?${module} (v\\S+)`, 'm'))
    } catch {
      // The module can have a shorter path.
    }
  }
  throw new Error(`${join(folder, 'go.mod')}: no required module contains ${path}`)
}
