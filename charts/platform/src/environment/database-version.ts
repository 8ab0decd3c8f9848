const TAG = /:(?<major>\d+)\.(?<minor>\d+)[^/]*$/

/** The major version of MySQL that an image of PXC or XtraBackup has by its tag, such as `8.4`; undefined without one. */
export function databaseMajor(image: unknown): string | undefined {
  const { major, minor } = (typeof image === 'string' ? TAG.exec(image)?.groups : undefined) ?? {}
  return major === undefined ? undefined : `${major}.${minor}`
}

/** Why a deployment may not change the database's major version. */
export interface DatabaseVersionFault {
  /** `the database is 8.0, and these values make it 8.4: ...` */
  readonly message: string
  /** Whether an explicit wish allows it: an upgrade, never a downgrade. */
  readonly isUpgrade: boolean
}

/**
 * Compares the major version of the deployed database with that of the values.
 *
 * @param deployed what `databaseMajor` said of the deployed image; undefined when nothing is deployed
 * @param wanted what it says of the image of the values
 * @returns undefined when the version stays, or one of both is not known
 */
export function databaseVersionFault(
  deployed: string | undefined,
  wanted: string | undefined,
): DatabaseVersionFault | undefined {
  if (deployed === undefined || wanted === undefined || deployed === wanted) return undefined
  const isUpgrade = isOlder(deployed, wanted)
  const words = `the database is ${deployed}, and these values make it ${wanted}`
  const page = 'docs/platform/database.md#change-the-major-version'
  return {
    isUpgrade,
    message: isUpgrade
      ? `${words}: there is no way back, so read ${page} first`
      : `${words}: MySQL cannot open the files of a newer version, so set the image back, or restore a backup into a new cluster (${page})`,
  }
}

function isOlder(one: string, other: string): boolean {
  const [major = 0, minor = 0] = one.split('.').map(Number)
  const [otherMajor = 0, otherMinor = 0] = other.split('.').map(Number)
  return major < otherMajor || (major === otherMajor && minor < otherMinor)
}
