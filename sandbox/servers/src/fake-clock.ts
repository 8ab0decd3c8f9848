import { debianRoot } from '@chat-app/sandbox-machine'
import { glob } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Returns the environment variables with which a program has another time than the machine. Its monotonic clock stays
 * right.
 *
 * @param offset such as +5m or -30s
 */
export async function fakeClock(offset: string): Promise<Record<string, string>> {
  const root = await debianRoot(['libfaketime'])
  for await (const path of glob('usr/lib/*/faketime/libfaketimeMT.so.1', { cwd: root }))
    return { LD_PRELOAD: join(root, path), FAKETIME: offset, FAKETIME_DONT_FAKE_MONOTONIC: '1' }
  throw new Error(`libfaketimeMT.so.1 is not in ${root}: remove the folder, so that it is unpacked again`)
}
