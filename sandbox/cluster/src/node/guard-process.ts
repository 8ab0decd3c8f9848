import { removeNode } from './start.ts'

/** Removes the sandbox in a folder when standard input ends without a word: its other end is gone. */
function main(dir: string | undefined): void {
  if (dir === undefined) throw new Error('usage: guard-process.ts FOLDER')
  let isOver = false
  process.stdin.on('data', () => (isOver = true))
  process.stdin.on('close', () => {
    if (!isOver) void removeNode(dir)
  })
}

main(process.argv[2])
