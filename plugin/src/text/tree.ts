export interface Branch {
  readonly cells: readonly string[]
  readonly children: readonly Branch[]
}

/** The rows of a tree for `table`: the first cell begins with the lines of the tree. */
export function treeRows(branches: readonly Branch[], indent = ''): string[][] {
  return branches.flatMap(({ cells, children }, index) => {
    const isLast = index === branches.length - 1
    const [first = '', ...rest] = cells
    return [
      [`${indent}${isLast ? '└─ ' : '├─ '}${first}`, ...rest],
      ...treeRows(children, `${indent}${isLast ? '   ' : '│  '}`),
    ]
  })
}
