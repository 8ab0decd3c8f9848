import { version as packageVersion } from '@chat-app/environments'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { makeRelease } from './release.ts'
import { readSource } from './source.ts'
import { nextSteps, summary } from './summary.ts'
import { releaseVersion } from './version.ts'

const checkout = resolve(import.meta.dirname, '..')
const USAGE = `npm run package [-- --version X.Y.Z] [--out DIR] [--registry HOST/PATH]

Makes a release in DIR/X.Y.Z (dist/release by default). Without --version: the tag (CI_COMMIT_TAG, or of the commit), else a
version in development.`
const REGISTRY = /^[a-z0-9.-]+(:\d{1,5})?(\/[a-z0-9._-]+)+$/

interface Options {
  readonly version?: string
  readonly out: string
  readonly registry: string
}

async function main(args: readonly string[]): Promise<void> {
  const startedAt = performance.now()
  const { version: option, out, registry } = parse(args)
  const source = readSource(checkout, process.env)
  const pipelineTag = process.env['CI_COMMIT_TAG']
  const version = releaseVersion({
    ...(pipelineTag && { pipelineTag }),
    ...(option !== undefined && { option }),
    commitTags: source.tags,
    packageVersion,
    commit: source.shortCommit,
  })
  const say = (text: string): void => console.log(`${version.version}: ${text}`)
  const folder = await makeRelease({ ...version, checkout, out, registry, source, say })
  console.log(await summary(folder, source, performance.now() - startedAt))
  console.log(nextSteps(folder, { version: version.version, registry }))
}

/** @throws Error with the usage, for an unknown option or a wrong value */
function parse(args: readonly string[]): Options {
  const options = { version: { type: 'string' }, out: { type: 'string' }, registry: { type: 'string' } } as const
  try {
    const { version, out, registry = 'registry.example.com/chat-app' } = parseArgs({ args: [...args], options }).values
    if (!REGISTRY.test(registry)) {
      throw new Error(`--registry ${JSON.stringify(registry)}: must be HOST[:PORT]/PATH in lower case`)
    }
    return {
      ...(version !== undefined && { version }),
      out: resolve(checkout, out ?? 'dist/release'),
      registry,
    }
  } catch (error) {
    throw new Error(`${(error as Error).message}\nusage: ${USAGE}`, { cause: error })
  }
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  console.error(`package: ${(error as Error).message}`)
  process.exitCode = 1
}
