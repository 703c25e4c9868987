export { loadKoffi, nativeCallsWork, NativeCallsMissingError, SystemCallError } from './libc.ts'
