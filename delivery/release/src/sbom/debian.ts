import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Distribution } from './components.ts'

/** The distribution whose packages are unpacked in `root`; `osRelease` is the text of this machine's /etc/os-release. */
export function distribution(root: string, osRelease: string): Distribution {
  const field = (name: string): string => new RegExp(`^${name}="?([^"\n]*)`, 'm').exec(osRelease)?.[1] ?? 'unknown'
  return {
    id: field('ID'),
    version: field('VERSION_ID'),
    licences: (name) => licencesIn(readFileSync(join(root, 'usr/share/doc', name, 'copyright'), 'utf8')),
  }
}

/**
 * Names of the licences that a Debian copyright file speaks of: its `License:` fields where it has them (DEP 5), else
 * the common licences that it refers to.
 */
export function licencesIn(copyright: string): string[] {
  const isStructured = /^Format:/m.test(copyright)
  const pattern = isStructured ? /^License: *(\S.*)$/gm : /\/usr\/share\/common-licenses\/([A-Za-z0-9.-]*[A-Za-z0-9])/g
  const names = [...copyright.matchAll(pattern)].map(([, name = '']) => name.trim())
  return names.length === 0 ? ['see the copyright file'] : [...new Set(names)].toSorted()
}
