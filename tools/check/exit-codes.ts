/** Exit code of an audit whose advisories could not be read (EX_TEMPFAIL): the pipeline shows a warning and no pass. */
export const AUDIT_UNKNOWN = 75
