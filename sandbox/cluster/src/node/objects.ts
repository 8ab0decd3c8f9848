import { join } from 'node:path'
import { INSIDE } from './inside.ts'

const VOLUME_COUNT = 32
const VOLUME_SIZE = '10Gi'
const STORAGE_CLASS = 'standard'

/** Returns a List for `kubectl apply` with the objects that a new cluster needs: rights of the DNS server, and volumes. */
export function baseObjects(): object {
  return { apiVersion: 'v1', kind: 'List', items: [...dnsRights(), storageClass(), ...volumes()] }
}

/** Returns the paths of the volumes' folders on this machine. */
export function volumeFolders(dir: string): string[] {
  return volumeNames().map((name) => join(dir, 'data', 'volumes', name))
}

function dnsRights(): object[] {
  const name = 'system:coredns'
  const watch = ['list', 'watch']
  return [
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name },
      rules: [
        { apiGroups: [''], resources: ['services', 'pods', 'namespaces'], verbs: watch },
        { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: watch },
      ],
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name }],
    },
  ]
}

function storageClass(): object {
  return {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: STORAGE_CLASS, annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
    provisioner: 'kubernetes.io/no-provisioner',
    volumeBindingMode: 'Immediate',
    reclaimPolicy: 'Retain',
  }
}

/** Each volume is an existing folder that every user can write to, because pods run as different users. */
function volumes(): object[] {
  return volumeNames().map((name) => ({
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name },
    spec: {
      capacity: { storage: VOLUME_SIZE },
      accessModes: ['ReadWriteOnce', 'ReadWriteMany'],
      storageClassName: STORAGE_CLASS,
      persistentVolumeReclaimPolicy: 'Retain',
      hostPath: { path: `${INSIDE.dir}/data/volumes/${name}`, type: 'Directory' },
    },
  }))
}

function volumeNames(): string[] {
  return Array.from({ length: VOLUME_COUNT }, (_, i) => `volume-${String(i + 1).padStart(2, '0')}`)
}
