/** What decides whether a package is found in Go's cache. */
export const COMPILE_FLAGS: readonly string[]

/**
 * Makes a static program of this machine's kind, whatever the user's settings for other work are. Where there is memory
 * enough, a compiler leaves its garbage until its share of the memory is used; GOGC and GOMEMLIMIT of the user come first.
 *
 * @param availableBytes memory to share, all that is available by default
 */
export function goEnvironment(availableBytes?: number): NodeJS.ProcessEnv
