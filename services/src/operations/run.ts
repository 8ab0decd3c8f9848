import type { z } from 'zod'
import { Call } from './call.ts'
import { requireTypedEvents } from './not-enabled.ts'
import type { AnyOperation } from './operation.ts'

/** What an operation answered; `repeated` says that nothing new was stored. */
export type Answered = Readonly<Record<string, unknown>> & { readonly repeated?: boolean }

/** Runs an operation. Undefined if its connection was answered already. @throws AppError, or the driver's error */
export async function run(
  operation: AnyOperation,
  input: Readonly<Record<string, unknown>>,
  asked: Omit<ConstructorParameters<typeof Call>[0], 'action'>,
): Promise<Answered | undefined> {
  if (operation.isNew) requireTypedEvents(asked)
  return operation.handle(input, new Call({ ...asked, action: operation.action }))
}

/** The fields of an answer that a schema has, and that are there. */
export function fieldsOf(schema: z.ZodObject, answer: Answered): Record<string, unknown> {
  const fields: Record<string, unknown> = {}
  for (const name in schema.shape) if (answer[name] !== undefined) fields[name] = answer[name]
  return fields
}
