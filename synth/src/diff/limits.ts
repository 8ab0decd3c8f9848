/** Longest value of a diff, characters. */
export const MAX_VALUE_LENGTH = 160

/** Most lines that are shown of the removed lines of a text, and of the added ones. */
export const MAX_LINES = 12

/** Most rows of a table in a comment. */
export const MAX_ROWS = 200
