/** The exit codes of all commands. */
export const EXIT = { done: 0, failed: 1, usage: 2, notReady: 3, stalled: 4, changes: 5 } as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** An error with a message for people, and an exit code. */
export class Failure extends Error {
  override readonly name = 'Failure'
  readonly exitCode: ExitCode

  constructor(message: string, exitCode: ExitCode = EXIT.failed, options?: ErrorOptions) {
    super(message, options)
    this.exitCode = exitCode
  }
}
