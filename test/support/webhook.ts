import { createAuthority } from '@chat-app/sandbox-machine'
import type { ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Chat } from '@chat-app/operator/testing'

/** What a webhook is asked about. */
export interface Reviewed {
  readonly kind: { readonly kind: string }
  readonly object: {
    readonly metadata: { readonly labels?: Readonly<Record<string, string>> }
    readonly spec: {
      readonly template?: {
        readonly spec: { readonly containers: readonly { image: string; env?: { name: string }[] }[] }
      }
    }
  }
}

/** A JSON patch, the words of a refusal, or undefined for no answer at all. */
export type Decision = 'allowed' | { readonly patch: readonly object[] } | { readonly refused: string } | undefined

export interface Webhook {
  /** How often it was asked. */
  readonly calls: () => number
  close(): Promise<void>
}

interface Options {
  /** Name of the webhook, with dots. */
  readonly name: string
  readonly kind: 'MutatingWebhookConfiguration' | 'ValidatingWebhookConfiguration'
  readonly rules: readonly { apiGroups: string[]; resources: string[] }[]
  readonly decide: (reviewed: Reviewed) => Decision
}

/** Serves an admission webhook over HTTPS on loopback, and registers it for the namespace of a test. */
export async function startWebhook(chat: Chat, { name, kind, rules, decide }: Options): Promise<Webhook> {
  const authority = await createAuthority('webhooks')
  const { certificate, key } = await authority.issue({
    commonName: 'webhook',
    addresses: ['127.0.0.1'],
    usages: ['server'],
  })
  let calls = 0
  const server = createServer({ cert: certificate, key }, (request, response) => {
    let body = ''
    request
      .on('data', (data) => (body += String(data)))
      .on('end', () => {
        calls += 1
        review(body, decide, response)
      })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const path = `/apis/admissionregistration.k8s.io/v1/${kind.toLowerCase()}s`
  const registered = `${name}-${chat.namespace}`
  await chat.client.request({
    method: 'POST',
    path,
    body: {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind,
      metadata: { name: registered },
      webhooks: [
        {
          name,
          admissionReviewVersions: ['v1'],
          sideEffects: 'None',
          timeoutSeconds: 1,
          clientConfig: {
            url: `https://127.0.0.1:${port}/`,
            caBundle: Buffer.from(authority.certificate).toString('base64'),
          },
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': chat.namespace } },
          rules: rules.map((rule) => ({ apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], ...rule })),
        },
      ],
    },
  })
  return {
    calls: () => calls,
    async close() {
      await chat.client.request({ method: 'DELETE', path: `${path}/${registered}` })
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function review(body: string, decide: Options['decide'], response: ServerResponse): void {
  const { request } = JSON.parse(body) as { request: Reviewed & { uid: string } }
  const decision = decide(request)
  if (decision === undefined) return
  const answer = { uid: request.uid, ...answerOf(decision) }
  const review = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: answer }
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(review))
}

function answerOf(decision: NonNullable<Decision>): object {
  if (decision === 'allowed') return { allowed: true }
  if ('refused' in decision) return { allowed: false, status: { code: 403, message: decision.refused } }
  return {
    allowed: true,
    patchType: 'JSONPatch',
    patch: Buffer.from(JSON.stringify(decision.patch)).toString('base64'),
  }
}
