import type { KubernetesObject } from '@chat-app/chat'
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** Folder with the CRDs of the operators that the platform uses, by project and version. It is not in this repository. */
const FOLDER =
  process.env['UPSTREAM_CRDS'] ?? resolve(import.meta.dirname, '..', '..', '..', '..', '..', 'shared', 'upstream-crds')

/** The reason why tests that need the CRDs are skipped; undefined if the folder exists. */
export const whyNoCrds = existsSync(FOLDER)
  ? undefined
  : `${FOLDER} does not exist; set UPSTREAM_CRDS to another folder`

/** Returns the files with the newest CRDs of the objects' kinds. */
export function crdFilesFor(objects: readonly KubernetesObject[]): string[] {
  const kinds = new Set(objects.map(({ apiVersion, kind }) => `${apiVersion.split('/')[0]}/${kind}`))
  return readdirSync(FOLDER, { withFileTypes: true })
    .filter((project) => project.isDirectory())
    .flatMap(({ name }) => crdFiles(name, newest(join(FOLDER, name))))
    .filter((file) => kindsIn(readFileSync(file, 'utf8')).some((kind) => kinds.has(kind)))
}

/** Returns the `group/Kind` of each CRD in a file. It uses regular expressions, because the files are too large to parse. */
function kindsIn(text: string): string[] {
  const group = /^ {2}group: (\S+)$/m
  const kind = /^ {4}kind: (\S+)$/m
  return text.split(/^---$/m).map((crd) => `${group.exec(crd)?.[1]}/${kind.exec(crd)?.[1]}`)
}

/** Returns the files with the CRDs of one release of a project. */
export function crdFiles(project: string, version: string): string[] {
  return globSync('*.yaml', { cwd: join(FOLDER, project, version) }).map((file) => join(FOLDER, project, version, file))
}

function newest(project: string): string {
  return (
    readdirSync(project)
      .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
      .at(-1) ?? ''
  )
}
