import { z } from 'zod'
import { whole } from './whole.ts'

const address = (...schemes: readonly string[]) =>
  z
    .string('must be a URL')
    .refine(
      (text) => URL.canParse(text) && schemes.includes(new URL(text).protocol),
      `must be a URL that begins with ${schemes.map((scheme) => `${scheme}//`).join(' or ')}`,
    )

const httpUrl = address('http:', 'https:')
const webSocketUrl = address('ws:', 'wss:')

const common = {
  PROOF_OWNER: z.string('must be a name').regex(/^[a-z0-9]{8,16}$/, 'must be 8 to 16 of a-z and 0-9'),
  PROOF_API_URL: httpUrl,
  PROOF_WEBSOCKET_URL: webSocketUrl,
  PROOF_MAX_LOST: whole(0, 1000).default(0),
  PROOF_MAX_GAP_SECONDS: whole(1, 60).default(3),
  PROOF_TIMEOUT_SECONDS: whole(10, 3600).default(570),
}

const before = z.object({
  ...common,
  PROOF_PART: z.literal('before'),
  PROOF_NEW_API_URL: httpUrl,
  PROOF_NEW_WEBSOCKET_URL: webSocketUrl,
  PROOF_MESSAGES: whole(1, 100_000).default(5000),
})

const during = z.object({ ...common, PROOF_PART: z.literal('during') })

/** The variables of `prove`. */
export const proofVariables = z
  .discriminatedUnion('PROOF_PART', [before, during], 'must be before or during')
  .transform((variables) => {
    const { PROOF_API_URL: api, PROOF_WEBSOCKET_URL: webSocket } = variables
    return {
      part: variables.PROOF_PART,
      owner: variables.PROOF_OWNER,
      running: { api, webSocket },
      /** The processes of the new release that no client can reach yet, and how many messages they have to pass. */
      fresh:
        variables.PROOF_PART === 'before'
          ? {
              api: variables.PROOF_NEW_API_URL,
              webSocket: variables.PROOF_NEW_WEBSOCKET_URL,
              messages: variables.PROOF_MESSAGES,
            }
          : undefined,
      maxLost: variables.PROOF_MAX_LOST,
      maxGapMs: variables.PROOF_MAX_GAP_SECONDS * 1000,
      timeoutMs: variables.PROOF_TIMEOUT_SECONDS * 1000,
    }
  })

/** How `prove` proves a release, and what it tolerates. */
export type ProofConfig = z.infer<typeof proofVariables>
