import { registerHooks } from 'node:module'

/** For `--import`: a machine on which koffi is not installed. */
registerHooks({
  resolve: (specifier, context, next) => {
    if (specifier === 'koffi') throw new Error("Cannot find module 'koffi'")
    return next(specifier, context)
  },
})
