import { join } from 'node:path'
import { BINARIES, type Binary, type Progress } from '../types.ts'
import {
  assertCanBuild as assertCanBuildModule,
  buildProgram,
  cachedProgram,
  goModLine,
  type GoModule,
} from './go-module.ts'

const FOLDER = join(import.meta.dirname, '..', '..', 'go', 'kubernetes')

/** Returns the cache folder with a link for each program; undefined if it is not built. */
export function cachedKubernetes(): string | undefined {
  return cachedProgram(kubernetes())
}

/** Builds the program into the cache, unless another process built it meanwhile. Returns the cache folder. */
export function buildKubernetes(
  needed: readonly Binary[],
  options: { readonly onProgress?: Progress } = {},
): Promise<string> {
  return buildProgram(kubernetes(), needed, options)
}

/** @throws Error that names what is missing for a build, and the remedies */
export function assertCanBuild(needed: readonly Binary[]): void {
  assertCanBuildModule(kubernetes(), needed)
}

/** The Go module that links all components of a cluster into one program. */
function kubernetes(): GoModule {
  const version = goModLine(FOLDER, /^\s*k8s\.io\/kubernetes (v\S+)/m)
  const [, major = '', minor = ''] = /^v(\d+)\.(\d+)/.exec(version) ?? []
  const base = 'k8s.io/component-base/version'
  return {
    folder: FOLDER,
    title: 'Kubernetes',
    version,
    package: '.',
    // Without these, a server reports the version v0.0.0, which clients cannot parse.
    variables: {
      [`${base}.gitVersion`]: version,
      [`${base}.gitMajor`]: major,
      [`${base}.gitMinor`]: minor,
      [`${base}.gitTreeState`]: 'clean',
      'k8s.io/client-go/pkg/version.gitVersion': version,
    },
    links: BINARIES,
    remedies: [
      `set KUBEBUILDER_ASSETS (now ${process.env['KUBEBUILDER_ASSETS'] || 'not set'}) to a folder with these programs`,
      'for the demo: use an existing cluster, with --context NAME',
    ],
  }
}
