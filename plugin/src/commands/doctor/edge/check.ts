import { readList } from '../../../cluster/read.ts'
import type { CleanUps } from '../../../command/clean-ups.ts'
import { error, ok, skipped, warning, type Finding } from '../finding.ts'
import type { Site } from '../site.ts'
import type { Edge } from './edge.ts'
import { judge, type Verdict } from './judge.ts'
import { securityLog } from './log.ts'
import { measure } from './measure.ts'
import type { Measured } from './measured.ts'
import { remedyOf, WHY } from './remedies.ts'
import type { EdgeTarget } from './target.ts'
import { tokenFor } from './token.ts'

export interface EdgeOptions extends EdgeTarget {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cleanUps: CleanUps
  readonly onProgress: (text: string) => void
}

const TIMEOUT_MS = 10_000

/** Measures the edge of a ChatApp that runs. It writes nothing but a log-in, which it ends. */
export async function edgeFindings(site: Site, options: EdgeOptions): Promise<readonly Finding[]> {
  const { exposure } = site.model.spec
  if (exposure.hosts === undefined) return [skipped('spec.exposure', 'type None: there is no edge to measure')]
  const { seconds, address, ca, env, cleanUps, onProgress } = options
  const to = (url: string): Edge => ({
    url: new URL(url),
    ...(address && { address }),
    ...(ca !== undefined && { ca }),
  })
  const [websocket, api] = [to(site.model.urls.websocket), to(site.model.urls.api)]
  const host = exposure.hosts.websocket
  const given = { websocket, api, seconds, log: securityLog(site), onProgress, timeoutMs: TIMEOUT_MS }
  const granted = await tokenFor(api, env, TIMEOUT_MS)
  if (typeof granted === 'string') {
    const findings = findingsOf(await measure({ ...given, token: NO_TOKEN }), host, await controllerId(site))
    return [...findings.filter(({ level }) => level !== 'skipped'), skipped(host, `no socket was held: ${granted}`)]
  }
  const done = cleanUps.add(granted.end)
  try {
    return findingsOf(await measure({ ...given, token: granted.token }), host, await controllerId(site))
  } finally {
    await granted.end()
    done()
  }
}

/** The service refuses it, which shows that an upgrade arrives there. */
const NO_TOKEN = 'none'

/** The findings of what was measured. @param controller `spec.controller` of the IngressClass, where it is known */
export function findingsOf(measured: Measured, host: string, controller: string | undefined): Finding[] {
  const { verdicts, unjudged } = judge(measured)
  const findings = [
    ...verdicts.map((verdict) => faultOf(verdict, host, controller)),
    ...unjudged.map((reason) => skipped(host, `not judged: ${reason}`)),
  ]
  const { seen, seconds, held } = measured
  const shown =
    seen === undefined
      ? 'the address that a limit counts was not found in the log of the API'
      : `a limit counts this machine as ${seen.seen}`
  if (verdicts.length === 0 && unjudged.length === 0)
    findings.push(ok(host, `${held.length} sockets were held for ${seconds} s, and none was cut by the edge; ${shown}`))
  return findings
}

function faultOf({ cause, what, isHarmless }: Verdict, where: string, controller: string | undefined): Finding {
  return (isHarmless === true ? warning : error)({
    reason: cause,
    where,
    what,
    why: WHY[cause],
    fix: remedyOf(cause, controller),
  })
}

async function controllerId({ cluster, model }: Site): Promise<string | undefined> {
  const className = model.spec.exposure.ingress?.className
  if (className === undefined) return undefined
  const read = await readList<{ metadata: { name: string }; spec?: { controller?: string } }>(cluster, [
    'ingressclasses',
  ])
  if (read.is !== 'read') return undefined
  return read.value.find(({ metadata }) => metadata.name === className)?.spec?.controller
}
