import { cpSync, globSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import type { Command } from './contestants.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const require = createRequire(import.meta.url)

/** The imports of workspaces that synth/src/cdk8s.ts needs, and the file that each resolves to. */
const PACKAGES = {
  '@chat-app/crds': 'crds/index',
  '@chat-app/environments': 'environments/index',
  '@chat-app/chat': 'charts/chat/src/index',
  '@chat-app/chat/constructs': 'charts/chat/src/constructs',
  '@chat-app/platform': 'charts/platform/src/index',
}

/** Like the tsconfig.json of `cdk8s init`: CommonJS, which ts-node compiles and type-checks at each start. */
const tsconfig = {
  compilerOptions: {
    target: 'ES2022',
    lib: ['es2024', 'esnext'],
    module: 'CommonJS',
    moduleResolution: 'node10',
    ignoreDeprecations: '5.0',
    types: ['node'],
    strict: true,
    skipLibCheck: true,
    esModuleInterop: true,
    resolveJsonModule: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
  },
}

/**
 * The command of the cdk8s CLI with ts-node, on a copy of the sources that is set up like a TypeScript project of
 * cdk8s: its imports have no `.ts` and no attributes, and name files instead of workspaces.
 *
 * @param folder gets the copy
 */
export function cdk8sCommand(folder: string): Command {
  const project = join(folder, 'cdk8s')
  const files = ['crds', 'environments', 'charts/chat/src', 'charts/platform/src', 'synth/src'].flatMap((workspace) =>
    globSync('**/*.ts', { cwd: join(ROOT, workspace) }).map((file) => join(workspace, file)),
  )
  for (const file of files.filter((file) => !file.includes('node_modules') && !file.endsWith('.test.ts')))
    write(join(project, file), asCommonJs(readFileSync(join(ROOT, file), 'utf8'), dirname(file)))
  cpSync(join(ROOT, 'package.json'), join(project, 'root.json'))
  symlinkSync(join(ROOT, 'node_modules'), join(project, 'node_modules'))
  write(join(project, 'package.json'), JSON.stringify({ name: 'copy', version: '0.1.0' }))
  write(join(project, 'tsconfig.json'), JSON.stringify(tsconfig))
  // ts-node needs the compiler API, which TypeScript 7 lacks: it uses the TypeScript 5 of this workspace.
  const compiler = require.resolve('typescript')
  const tsNode = `${process.execPath} ${require.resolve('ts-node/dist/bin.js')} --compiler ${compiler} synth/src/cdk8s.ts`
  const cli = join(ROOT, 'node_modules/cdk8s-cli/bin/cdk8s')
  const argv = [process.execPath, cli, 'synth', '--check-upgrade=false', '--app', tsNode, '--output', 'dist']
  return { argv, cwd: project }
}

function asCommonJs(source: string, folder: string): string {
  const packages = Object.entries(PACKAGES).reduce(
    (text, [name, path]) => text.replaceAll(`from '${name}'`, `from './${relative(folder, path)}'`),
    source,
  )
  return packages
    .replaceAll(/from '(\.[^']*)\.ts'/g, "from '$1'")
    .replaceAll(/ with \{ type: 'json' \}/g, '')
    .replaceAll("from './../", "from '../")
    .replaceAll("'../package.json'", "'../root.json'")
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}
