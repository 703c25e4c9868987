import { libcFunction, loadKoffi } from '../ffi/libc.ts'
import { cString } from '../ffi/native-memory.ts'

const configureLookup = libcFunction('int __nss_configure_lookup(const uint8_t *, const uint8_t *)')
const libcVersion = libcFunction('const char *gnu_get_libc_version()')

/** The C library of this process: `version` is undefined for musl, which does not report it. */
export interface CLibrary {
  name: 'glibc' | 'musl'
  version: string | undefined
}

/** Which C library answers here. @throws {NativeCallsMissingError} where koffi is absent */
export function cLibrary(): CLibrary {
  const version = orUndefined(() => String(libcVersion()))
  return { name: version === undefined ? 'musl' : 'glibc', version }
}

/**
 * From now on this process asks only `sources` for the database, whatever nsswitch.conf(5) says, as `getent -s`
 * does.
 *
 * @param sources as a line of nsswitch.conf has them: `files dns`
 * @returns false where libc has no such switch (musl)
 */
export function configureNameServiceSwitch(
  database: 'hosts' | 'services' | 'protocols',
  sources: string,
): boolean {
  const configured = () => configureLookup(cString(database), cString(sources)) === 0
  return orUndefined(configured) ?? false
}

/** What is no function of this libc has no answer. */
function orUndefined<Value>(call: () => Value): Value | undefined {
  loadKoffi()
  try {
    return call()
  } catch {
    return undefined
  }
}
