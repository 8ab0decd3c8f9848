import { readArguments, usageError, unknownName, type Command } from '@chat-app/cli'
import { environments } from '@chat-app/environments'
import type { Environment } from '@chat-app/platform'
import { join } from 'node:path'
import { addEnvironment } from './add.ts'

const CHECKOUT = join(import.meta.dirname, '..', '..', '..')

/** Help and arguments of `npm run environments`. */
export const command = {
  name: 'npm run environments',
  usage: ['-- list', '-- add NAME --like ENVIRONMENT'],
  about: [
    'Lists the environments, or adds one: a file in environments/ with the values of another one and a name, hosts, buckets and paths of its own, and its entry in environments/index.ts.',
  ],
  names: {
    title: 'Commands',
    help: { list: 'print the environments, and how the pipeline deploys them', add: 'write a new one' },
  },
  options: { like: { value: 'ENVIRONMENT', help: 'the environment whose values the new one has' } },
  exitCodes: { 0: 'done', 1: 'an argument is wrong; nothing was written' },
  examples: { 'npm run environments -- add qa --like test': 'a fifth environment' },
} as const satisfies Command

/**
 * Does what the arguments of `npm run environments` ask for.
 *
 * @returns the text to print
 * @throws Error that names the wrong argument and what is valid
 */
export function run(args: readonly string[], checkout = CHECKOUT): string {
  const { values, names } = readArguments(command, args)
  const [verb, name, ...others] = names
  const commands = Object.keys(command.names.help)
  if (verb === undefined) throw usageError(command, `name a command: ${commands.join(' or ')}`)
  if (!commands.includes(verb)) throw usageError(command, unknownName('command', verb, commands))
  const surplus = verb === 'list' ? name : others[0]
  if (surplus !== undefined) throw usageError(command, `unexpected argument "${surplus}"`)
  if (verb === 'list') {
    if (values.like !== undefined) throw usageError(command, '--like: only with add')
    return environments.map(line).join('\n')
  }
  if (name === undefined) throw usageError(command, 'add needs the name of the new environment')
  if (values.like === undefined) throw usageError(command, 'add needs --like, the environment whose values it has')
  const file = addEnvironment(checkout, environments, { name, like: values.like })
  return [`wrote ${file} and its entry in environments/index.ts`, ...nextSteps(name, values.like)].join('\n')
}

function line({ name, pipeline }: Environment): string {
  const on = pipeline?.on === 'tag' ? 'tags' : 'develop'
  return `${name}: ${pipeline === undefined ? 'deployed by hand' : `deployed on ${on}, ${pipeline.start}`}`
}

function nextSteps(name: string, like: string): string[] {
  const isTenant = environments.some((each) => each.name === like && each.storage?.kind === 'tenant')
  return [
    'Next:',
    `  change its sizes, and "pipeline", which says when it is deployed`,
    ...(isTenant
      ? ['  consider storage of kind "external": MinIO publishes no more images (docs/platform/storage.md)']
      : []),
    `  npm run synth -- --diff ${like} ${name}`,
    '  npm run generate   # its pages, and its job in .gitlab-ci.yml',
    'docs/synth.md has all steps.',
  ]
}
