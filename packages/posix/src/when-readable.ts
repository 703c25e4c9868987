import { loadKoffi } from './libc.ts'

/**
 * Has Node's own event loop watch a descriptor, an `Epoll`'s for instance, which is readable when one of those
 * that it watches is ready. The loop stays alive for it.
 *
 * @param callback called again and again as long as it is readable
 * @returns what stops the watch; call it before the descriptor is closed
 * @throws {NativeCallsMissingError} where koffi is absent
 */
export function whenReadable(descriptor: number, callback: () => void): () => void {
  const handle = loadKoffi().node.poll(descriptor, { readable: true }, () => {
    // Promises that the callback fulfils would wait for the next event of Node's own, which may take for ever.
    setImmediate(runWhatIsFulfilled)
    callback()
  })
  return () => handle.close()
}

/** After an immediate Node runs all continuations. */
function runWhatIsFulfilled(): void {}
