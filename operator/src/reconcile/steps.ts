import { classify, type Failure } from '../plan/failure.ts'

/** What the steps have found: everything, or after a failure what the steps before it have found. */
export type Outcome<All> =
  | { readonly found: All; readonly failure?: undefined }
  | { readonly found: Partial<All>; readonly failure: Failure }

/**
 * Steps that run one after another. Each is given the findings of those before it, from which it takes what it needs, and
 * returns its own; a step that needs what no earlier one finds does not compile. An error ends the run.
 */
export interface Steps<Start, All> {
  step<Finds extends object>(next: (found: All) => Finds | Promise<Finds>): Steps<Start, All & Finds>
  run(start: Start): Promise<Outcome<All>>
}

/** No steps yet; the first one is given what the run starts with. */
export function startWith<Start extends object>(): Steps<Start, Start> {
  return stepsOf<Start, Start>((start) => Promise.resolve({ found: start }))
}

function stepsOf<Start, All extends object>(run: Steps<Start, All>['run']): Steps<Start, All> {
  return {
    run,
    step<Finds extends object>(next: (found: All) => Finds | Promise<Finds>) {
      return stepsOf<Start, All & Finds>(async (start): Promise<Outcome<All & Finds>> => {
        const before = await run(start)
        if (before.failure !== undefined) return failed(before.found, before.failure)
        try {
          return { found: { ...before.found, ...(await next(before.found)) } }
        } catch (error) {
          return failed(before.found, classify(error))
        }
      })
    },
  }
}

function failed<All>(found: object, failure: Failure): Outcome<All> {
  return { found, failure }
}
