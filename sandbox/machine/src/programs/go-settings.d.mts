/** Compiler flags. Go's cache keeps a package separately for each set of flags. */
export const COMPILE_FLAGS: readonly string[]

/**
 * Returns the environment of a build of a static program for this machine, independent of the user's other Go settings.
 * If there is enough memory, a compiler process collects no garbage until it uses its share of the memory. The user's
 * GOGC and GOMEMLIMIT take precedence.
 *
 * @param availableBytes memory that the compilers share, bytes; defaults to the available memory of the machine
 */
export function goEnvironment(availableBytes?: number): NodeJS.ProcessEnv
