import type { z } from 'zod'

/** Drives of an erasure set. MinIO divides all drives into sets of equal size. */
const SMALLEST_SET_DRIVES = 2
const LARGEST_SET_DRIVES = 16

const SET_SIZES = Array.from(
  { length: LARGEST_SET_DRIVES - SMALLEST_SET_DRIVES + 1 },
  (_, index) => SMALLEST_SET_DRIVES + index,
)

/** Rejects what the MinIO operator (2 and 3 servers) and MinIO itself (erasure sets) reject. */
export function erasureSetRules(
  { servers, volumesPerServer }: { readonly servers: number; readonly volumesPerServer: number },
  context: z.RefinementCtx,
): void {
  const total = servers * volumesPerServer
  const refuse = (rule: string) =>
    context.addIssue({
      code: 'custom',
      path: ['volumesPerServer'],
      message: `${rule}; ${servers} x ${volumesPerServer} are ${total}`,
    })
  if (servers === 2 && total < 4) refuse('2 servers must have at least 4 volumes in total')
  if (servers === 3 && total < 6) refuse('3 servers must have at least 6 volumes in total')
  if (total > LARGEST_SET_DRIVES && !SET_SIZES.some((size) => total % size === 0))
    refuse(
      `more than ${LARGEST_SET_DRIVES} volumes must divide into equal sets of ${SMALLEST_SET_DRIVES} to ${LARGEST_SET_DRIVES}`,
    )
}
