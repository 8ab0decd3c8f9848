import { INPUTS, rollingSecrets, sha256, type Facts, type Model } from '@chat-app/chat'
import { recordName, releaseSpec, rolling, type Release } from '@chat-app/chat/release'
import { at, isRecord, parseJson } from '../../runtime/json.ts'
import type { KubeObject } from '../../runtime/types.ts'
import { numberOf, type ReleaseRecord } from './record.ts'

/** Records of the operator 0.1.0 have the model here, and neither the configuration nor the migration. */
const MODEL_ANNOTATION = 'chat-app.com/model'
const OPERATOR = '0.1.0'

/**
 * A record of the operator 0.1.0, completed: its pods read the ConfigMap without a hash in its name, and its migration had
 * ended before it was written.
 *
 * @param fresh what this operator renders for the same ChatApp
 * @param config the live ConfigMap without a hash in its name
 */
export function completed(
  object: KubeObject,
  model: Model,
  facts: Facts,
  fresh: Release,
  config: KubeObject | undefined,
): ReleaseRecord | undefined {
  const spec = specOf(object)
  const templates = at<Record<string, object>>(object, 'data', 'templates') ?? {}
  const api = templates[model.services.api.name]
  const websocket = templates[model.services.websocket.name]
  if (spec === undefined || api === undefined || websocket === undefined) return undefined
  const { worker: _, ...withoutWorker } = model.spec
  const isSame = at<string>(api, 'metadata', 'annotations', INPUTS) === formerInputs(fresh, model, facts)
  const release: Release = {
    version: at<string>(object, 'data', 'version') ?? '',
    spec: releaseSpec({ ...withoutWorker, ...spec }),
    secrets: isSame ? rolling(model, facts) : 'of another time',
    operator: OPERATOR,
    templates: { api, websocket, migrate: fresh.templates.migrate },
    config: { name: `${model.name}-config`, data: at<Record<string, string>>(config, 'data') ?? fresh.config.data },
  }
  const name = recordName(model.name, release)
  return { name, number: numberOf(object), release, learned: { migration: {} }, isStored: false }
}

function specOf({ metadata }: KubeObject): Partial<Model['spec']> | undefined {
  try {
    const spec = parseJson<Partial<Model['spec']>>(metadata.annotations?.[MODEL_ANNOTATION] ?? '')
    return isRecord(spec) ? spec : undefined
  } catch {
    return undefined
  }
}

/** The annotation as the operator 0.1.0 computed it. */
function formerInputs(fresh: Release, { secrets }: Model, { secretHashes }: Facts): string {
  const hashes = rollingSecrets(secrets).map((value) => [value, secretHashes[value] ?? ''])
  const file = fresh.config.data['production.yml'] ?? ''
  return sha256(JSON.stringify([file, hashes])).slice(0, 16)
}
