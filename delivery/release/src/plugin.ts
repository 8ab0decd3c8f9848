import { bundleProgram, copiedFile, licenceTexts, textFile } from '@chat-app/sandbox-images'
import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { writeTgz } from './tgz.ts'

const NAME = 'kubectl-chatapp'
const PROGRAM = `${NAME}.mjs`
/** The oldest major version of Node that runs the plugin. */
const OLDEST_NODE = 20
const DESCRIPTION = 'kubectl chatapp: shows and steers ChatApps, for people on call'

/**
 * Writes the plugin of kubectl into `folder`: the package as `npm pack` would, whose program is one file, and the manifest
 * by which Krew installs the same archive.
 */
export async function writePlugin(folder: string, checkout: string, version: string): Promise<void> {
  const { text, packages } = await bundleProgram(checkout, {
    entry: 'plugin/src/main.ts',
    target: `node${OLDEST_NODE}`,
    version,
  })
  const archive = `${NAME}-${version}.tgz`
  await writeTgz(join(folder, archive), [
    textFile('package/package.json', `${JSON.stringify(packageOf(version), null, 2)}\n`),
    textFile(`package/${PROGRAM}`, text, 0o755),
    await copiedFile('package/README.md', join(checkout, 'docs', 'kubectl-chatapp.md')),
    await copiedFile('package/LICENSE', join(checkout, 'LICENSE')),
    textFile('package/THIRD-PARTY-LICENSES.txt', licenceTexts(checkout, packages)),
  ])
  const sha256 = createHash('sha256')
    .update(await readFile(join(folder, archive)))
    .digest('hex')
  await writeFile(join(folder, `${NAME}.yaml`), stringify(krewManifest(version, archive, sha256)))
}

function packageOf(version: string): object {
  return {
    name: NAME,
    version,
    description: DESCRIPTION,
    license: 'Apache-2.0',
    type: 'module',
    // kubectl runs the second one to complete "kubectl chatapp".
    bin: { [NAME]: PROGRAM, 'kubectl_complete-chatapp': PROGRAM },
    engines: { node: `>=${OLDEST_NODE}` },
  }
}

/** See https://krew.sigs.k8s.io/docs/developer-guide/plugin-manifest/. */
function krewManifest(version: string, archive: string, sha256: string): object {
  return {
    apiVersion: 'krew.googlecontainertools.github.com/v1alpha2',
    kind: 'Plugin',
    metadata: { name: 'chatapp' },
    spec: {
      version: `v${version}`,
      shortDescription: 'Shows and steers ChatApps',
      description: `${DESCRIPTION}. "kubectl chatapp --help" lists the commands.`,
      caveats: `Needs Node.js ${OLDEST_NODE} or newer in PATH.`,
      platforms: [
        {
          selector: { matchExpressions: [{ key: 'os', operator: 'In', values: ['linux', 'darwin'] }] },
          // Krew does not read it with --archive.
          uri: `https://downloads.example.com/${archive}`,
          sha256,
          files: [{ from: 'package/*', to: '.' }],
          bin: PROGRAM,
        },
      ],
    },
  }
}
