/** Exit code of an audit that nobody answered (EX_TEMPFAIL): the pipeline shows it as a warning, not as a pass. */
export const NO_ANSWER = 75
