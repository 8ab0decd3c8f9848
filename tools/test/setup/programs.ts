import { calmed, checkov, debianRoot, tool, whyNoTool, type Tool } from '@chat-app/sandbox-machine'

interface Programs {
  readonly tools?: readonly Tool[]
  /** Sets of Debian packages, as a test asks for each. */
  readonly packages?: readonly (readonly string[])[]
  readonly withCheckov?: boolean
}

const say = calmed((text) => console.log(`programs: ${text}`))

/**
 * Builds and fetches what the tests will run, where it is not in the cache, so that no test's own time limit has to hold a
 * build. What cannot be had is left to the tests: they skip it, or say what is missing.
 */
export async function prepare({ tools = [], packages = [], withCheckov = false }: Programs): Promise<void> {
  await Promise.allSettled([
    oneByOne(packages, (names) => debianRoot(names, say)),
    // Each build uses all cores.
    oneByOne(
      tools.filter((name) => whyNoTool(name) === undefined),
      (name) => tool(name, { onProgress: say }),
    ),
    ...(withCheckov ? [checkov({ onProgress: say })] : []),
  ])
}

async function oneByOne<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  for (const item of items) await work(item).catch(() => undefined)
}
