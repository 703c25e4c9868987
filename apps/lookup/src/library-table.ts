import { cLibrary } from '@sockyard/posix/name-service-switch'

import { readIfThere } from './name-service.ts'
import { type PolicyTable, rfc6724Table, tableOf } from './policy-table.ts'

/** The policy table that libc orders by here: glibc reads gai.conf(5), musl has the RFC's. */
export function cLibraryTable(): PolicyTable {
  return cLibrary().name === 'musl' ? rfc6724Table : tableOf(readIfThere('/etc/gai.conf'))
}
