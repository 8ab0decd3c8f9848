import { checkov, tool, whyNoCheckov, whyNoTool } from '@chat-app/sandbox-machine'
import type { Check } from './checks.ts'

/** The check of the manifests by kube-score and checkov; builds or downloads both first. */
export async function manifestsCheck(): Promise<Check> {
  const name = 'manifests'
  const skip = whyNoTool('kube-score') ?? whyNoCheckov()
  if (skip !== undefined) return { name, command: [], skip }
  await tool('kube-score', { onProgress: say })
  await checkov({ onProgress: say })
  return {
    name,
    command: ['node', 'tools/check/manifests/main.ts'],
    remedy: 'change the manifests, or add an exception with a reason to tools/check/manifests/exceptions.ts',
  }
}

function say(text: string): void {
  console.error(text)
}
