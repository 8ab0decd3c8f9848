import { z } from 'zod'

/** A person as others see one. */
export const person = z.object({
  user: z.string(),
  displayName: z.string().optional().describe('as the person wants to be called; not unique, so show the name too'),
})
