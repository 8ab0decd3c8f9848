import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Path of the first executable with this name on PATH; undefined when there is none. */
export function onPath(name) {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '')
  return folders
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK)
        return true
      } catch {
        return false
      }
    })
}
