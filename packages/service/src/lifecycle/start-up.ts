import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { flushCompileCache } from 'node:module'
import { isAbsolute, join } from 'node:path'
import { setFlagsFromString } from 'node:v8'

/*
 * What makes a start quicker and a process smaller, beside lazy imports. Node 26.10, tcp-echo: CPU time until it listens,
 * and private memory (RssAnon) when idle; medians of 21 rounds side by side. Node alone (`node -e 0`): 0.03 s, 8 MB.
 *
 * as it is                                           0.39 s   26 MB
 * without the compile cache: types stripped anew     0.61 s   47 MB
 * without --no-maglev and --no-opt                   0.43 s   28 MB
 * without any settings of V8 while starting          0.42 s   34 MB
 * with the whole metrics library                     0.46 s   29 MB   (../metrics/prometheus.ts)
 *
 * start-up.test.ts and launch.test.ts fail when Node no longer knows one of these. Where else something is done for a
 * quicker start, the figure stands there (node:http in ../http/http-server.ts).
 */

const PACKAGE = join(import.meta.dirname, '../../../..')
/** With the 16 MiB of Node itself, 10,000 connections hold 40 MB more, and chat is no faster for it but slower. */
const YOUNG_GENERATION = '--max-semi-space-size=4'
/**
 * glibc gives the end of the heap back to the kernel at each freeing beyond this, and faults it in again page by page
 * (M_TOP_PAD, mallopt(3)): node:net frees the buffers of a bulk transfer by the hundred, at each garbage collection.
 * With the 128 KiB of glibc, TCP echo over node:net moves 0.6 times as many bytes (Node 26.10); nothing is used in idle.
 */
const HEAP_PADDING = { MALLOC_TOP_PAD_: String(64 * 1_024 * 1_024) }
/**
 * While an app starts, hundreds of files are loaded and each function runs a few times: to optimize them would cost
 * more than it brings, and the optimizing compilers, once used, stay in memory.
 */
const WHILE_STARTING = ['--no-maglev', '--no-opt', '--semi-space-growth-factor=1']
const AFTERWARDS = ['--maglev', '--opt', '--semi-space-growth-factor=2']

/** Names the descriptor on which a daemon tells the command that started it that it is ready. */
export const READY_VARIABLE = 'SOCKYARD_READY_DESCRIPTOR'

/** Whether this process is the daemon, rather than the command that starts it. */
export function isDaemon(host: NodeJS.Process): boolean {
  return host.env[READY_VARIABLE] !== undefined
}

/**
 * Where compiled code is kept between starts: beside the code where this user may write, because write access there
 * includes the code itself; else, for a package that is installed globally or read-only, in the cache of the user
 * (XDG_CACHE_HOME). Where that belongs to another user, as under sudo(8), nothing is kept: what is there would run.
 *
 * @param code the folder that holds the code: a checkout, or the installed package
 */
export function compileCacheFolder(
  { env, getuid }: Pick<NodeJS.Process, 'env' | 'getuid'>,
  code: string = PACKAGE,
): string {
  const besideCode = join(code, 'node_modules/.cache/node')
  if (isWritable(code)) return besideCode
  const { HOME: home = '', XDG_CACHE_HOME: cache = join(home, '.cache') } = env
  const folder = existsSync(cache) ? cache : home
  const owner = isAbsolute(cache) ? statSync(folder, { throwIfNoEntry: false })?.uid : undefined
  return owner !== undefined && owner === getuid?.() ? join(cache, 'sockyard/node') : besideCode
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK)
    return true
  } catch {
    return false
  }
}

/**
 * Replaces this process by one with a compile cache (node:module), in which types are stripped and code is compiled
 * once and not at each start: execve(2), so it keeps its number and its standard streams.
 *
 * Node opens the cache before it reads the first file only when told so by NODE_COMPILE_CACHE, and what strips types
 * stays in memory once it was needed: so this is called before anything else is loaded.
 */
export function reexecWithCompileCache(host: NodeJS.Process): void {
  const { env, execPath, execArgv, argv, channel } = host
  // A channel to the parent is open in this process, and would be lost.
  if (env['NODE_COMPILE_CACHE'] !== undefined || channel !== undefined) return
  // Node has marked every descriptor that it was started with: the passed ones would be closed (sd_listen_fds(3)).
  if (env['LISTEN_FDS'] !== undefined || isDaemon(host)) return
  const cache = compileCacheFolder(host)
  const words = [execPath, YOUNG_GENERATION, ...execArgv, ...argv.slice(1)]
  try {
    host.execve?.(execPath, words, { ...env, ...HEAP_PADDING, NODE_COMPILE_CACHE: cache })
  } catch {
    // Not on this platform, or not allowed: the app starts more slowly.
  }
}

/** To be called before the files of an app are loaded. */
export function beginStartUp(): void {
  for (const setting of WHILE_STARTING) setFlagsFromString(setting)
}

/** The app does its work from now on, at full speed; a later start finds what was compiled, also after SIGKILL. */
export function endStartUp(): void {
  for (const setting of AFTERWARDS) setFlagsFromString(setting)
  flushCompileCache()
}
