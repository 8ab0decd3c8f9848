import manifest from '../package.json' with { type: 'json' }

/** The version of this plugin. */
export const PLUGIN_VERSION: string = manifest.version
