import { synth } from '@chat-app/charts/synth'
import { environments } from '@chat-app/environments'
import { copiedFolder } from '@chat-app/sandbox/images'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { releasedEnvironment, type Released } from './environments.ts'
import { writeTgz } from './tgz.ts'

/** Writes the manifests of all environments for a release as one archive, a folder for each. */
export async function writeManifests(folder: string, released: Released): Promise<void> {
  const work = await mkdtemp(join(tmpdir(), 'chat-app-manifests-'))
  try {
    const chosen = environments.map((environment) => releasedEnvironment(environment, released))
    synth(chosen, join(work, 'dist'))
    const name = `chat-app-manifests-${released.version}`
    await writeTgz(join(folder, `${name}.tar.gz`), await copiedFolder(join(work, 'dist'), name))
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}
