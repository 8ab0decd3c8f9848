/** Exit code of an audit that cannot read the advisories (EX_TEMPFAIL). The pipeline shows a warning for it. */
export const AUDIT_UNKNOWN = 75

/** Exit code when a release of a third party ends soon, or is accepted past its end. The pipeline shows a warning for it. */
export const LIFETIMES_WARNING = 75
