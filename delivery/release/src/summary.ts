import { CHART } from '@chat-app/platform/install'
import { readdir, stat } from 'node:fs/promises'
import { join, relative } from 'node:path'
import type { Released } from './environments.ts'
import type { Source } from './source.ts'

/** The files of a release, a line for each with its size, below a line with their sum. */
export async function summary(folder: string, source: Source, elapsedMs: number): Promise<string> {
  const names = (await readdir(folder)).toSorted()
  const files = await Promise.all(names.map(async (name) => ({ name, bytes: (await stat(join(folder, name))).size })))
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0)
  const changed = source.isChanged ? ' and changes that are not committed' : ''
  return [
    `${shown(folder)}: ${files.length} files, ${size(bytes)}, of commit ${source.shortCommit}${changed}, in ${(elapsedMs / 1000).toFixed(1)} s`,
    ...files.map((file) => `  ${size(file.bytes).padStart(9)}  ${file.name}`),
  ].join('\n')
}

/** The commands that check and install a release. */
export function nextSteps(folder: string, { version, registry }: Released): string {
  return [
    'Next:',
    `  cd ${shown(folder)} && sha256sum -c SHA256SUMS`,
    `  docker load -i chat-app-images-${version}-linux-*.tar    # then docker push, or skopeo copy (docs/install.md)`,
    `  helm push ${CHART}-${version}.tgz oci://${registry}/charts`,
    '  kubectl apply --server-side -f install-crd.yaml -f install.yaml',
  ].join('\n')
}

function shown(folder: string): string {
  const path = relative(process.cwd(), folder)
  return path.startsWith('..') ? folder : path
}

function size(bytes: number): string {
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`
}
