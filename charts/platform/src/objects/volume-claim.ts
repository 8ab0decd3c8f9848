/**
 * The spec of a volume claim, as plain data.
 *
 * @param storageClassName @default the cluster's default class
 */
export function claimSpec(storage: string, storageClassName: string | undefined) {
  return {
    ...(storageClassName !== undefined && { storageClassName }),
    accessModes: ['ReadWriteOnce'],
    resources: { requests: { storage } },
  }
}
