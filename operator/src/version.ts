import manifest from '../package.json' with { type: 'json' }

/** The version of this operator. */
export const OPERATOR_VERSION: string = manifest.version
