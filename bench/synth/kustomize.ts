import { manifests, type Cluster } from '@chat-app/platform'
import { tool } from '@chat-app/sandbox-machine'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { stringify } from 'yaml'
import type { Command } from './contestants.ts'

/**
 * Writes a kustomization with the same objects for each cluster and returns the commands that build each into one file.
 *
 * @param folder gets the kustomizations and the output
 */
export async function kustomizeCommands(clusters: readonly Cluster[], folder: string): Promise<Command[]> {
  const kustomize = await tool('kustomize')
  return clusters.map((cluster) => {
    const files = manifests(cluster)
    const below = join(folder, cluster.folder)
    for (const { path, objects } of files) {
      mkdirSync(dirname(join(below, path)), { recursive: true })
      writeFileSync(join(below, path), objects.map((object) => stringify(object, { lineWidth: 0 })).join('---\n'))
    }
    writeFileSync(join(below, 'kustomization.yaml'), stringify({ resources: files.map(({ path }) => path) }))
    return { argv: [kustomize, 'build', below, '--output', join(below, 'all.yaml')] }
  })
}
