import { removeNode } from './start.ts'

/** Removes the sandbox in the folder if standard input closes without data: then the other process has ended. */
function main(dir: string | undefined): void {
  if (dir === undefined) throw new Error('usage: guard-process.ts FOLDER')
  let isOver = false
  process.stdin.on('data', () => (isOver = true))
  process.stdin.on('close', () => {
    if (!isOver) void removeNode(dir)
  })
}

main(process.argv[2])
