import { environments } from '@chat-app/environments'
import { synth } from '@chat-app/synth'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkov } from './checkov.ts'
import { exceptions } from './exceptions.ts'
import type { Finding } from './finding.ts'
import { judge, type Verdict } from './judge.ts'
import { kubeScore } from './kube-score.ts'

export type ManifestTool = Finding['tool']

const TOOLS: Readonly<Record<ManifestTool, (folder: string) => Promise<Finding[]>>> = {
  'kube-score': kubeScore,
  checkov,
}

/** Synthesizes the manifests of all environments, runs the tools on them, and compares the findings with the exceptions. */
export async function checkManifests(names: readonly ManifestTool[]): Promise<Verdict> {
  const folder = mkdtempSync(join(tmpdir(), 'manifests-'))
  try {
    synth(environments, folder)
    const found = await Promise.all(names.map((name) => TOOLS[name](folder)))
    return judge(found.flat(), exceptions, names)
  } finally {
    rmSync(folder, { recursive: true })
  }
}
