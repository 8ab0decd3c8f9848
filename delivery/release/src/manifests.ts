import { synth } from '@chat-app/synth'
import { environments } from '@chat-app/environments'
import { copiedFolder } from '@chat-app/sandbox-images'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { releasedEnvironment, type Released } from './environments.ts'
import { writeTgz } from './tgz.ts'

/** Writes the manifests of all environments for a release into one archive, a folder for each cluster. */
export async function writeManifests(folder: string, released: Released): Promise<void> {
  const work = join(folder, '.manifests')
  const chosen = environments.map((environment) => releasedEnvironment(environment, released))
  synth(chosen, work)
  const name = `chat-app-manifests-${released.version}`
  await writeTgz(join(folder, `${name}.tar.gz`), await copiedFolder(work, name))
  await rm(work, { recursive: true })
}
