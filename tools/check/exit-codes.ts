/** Exit code of an audit that cannot read the advisories (EX_TEMPFAIL). The pipeline shows a warning for it. */
export const AUDIT_UNKNOWN = 75
