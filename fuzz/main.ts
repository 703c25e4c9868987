import { createHash } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'

import { UsageError } from '@sockyard/cli/errors'
import type { FuzzTarget } from '@sockyard/testkit/fuzz'

import { type FuzzOptions, parseCommandLine, USAGE } from './command-line.ts'
import { readCorpus, writeCorpus } from './corpus.ts'
import { loadTargets, ROOT, targetFiles } from './find-targets.ts'
import { textOfError } from './fuzz-loop.ts'
import { type AnyFinding, runTarget } from './run-target.ts'

const FINDINGS = join(ROOT, 'fuzz/findings')

interface Located {
  file: string
  target: FuzzTarget
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

async function allTargets(): Promise<Located[]> {
  const files = targetFiles()
  const loaded = await Promise.all(
    files.map(async (file) => (await loadTargets(file)).map((target) => ({ file, target }))),
  )
  return loaded.flat().toSorted((a, b) => a.target.name.localeCompare(b.target.name))
}

/** @throws {UsageError} for a name that is none */
function choose(targets: readonly Located[], names: readonly string[]): readonly Located[] {
  const known = targets.map(({ target }) => target.name)
  const stranger = names.find((name) => !known.includes(name))
  if (stranger !== undefined)
    throw new UsageError('TARGET', stranger, `must be ${known.join(', ')}`)
  return names.length === 0 ? targets : targets.filter(({ target }) => names.includes(target.name))
}

/** @returns how many inputs there were, and whether nothing was found */
async function fuzz({ file, target: { name } }: Located, options: FuzzOptions) {
  const { isInstrumented, seed, seconds, inputs: maximumInputs } = options
  const corpus = await readCorpus(name)
  const began = performance.now()
  const millis = seconds * 1000
  const settings = { file, name, isInstrumented, corpus, seed, millis, maximumInputs }
  const result = await runTarget(settings)
  const took = (performance.now() - began) / 1000
  const { inputs, taken, branches, finding } = result
  const covered = isInstrumented
    ? `, ${taken} of ${branches} branches, corpus ${result.corpus.length}`
    : ''
  say(`${name.padEnd(24)}${inputs} inputs in ${took.toFixed(1)} s${covered}`)
  if (isInstrumented && finding === undefined) await writeCorpus(name, result.corpus)
  if (finding !== undefined) await report(name, finding, seed)
  return { inputs, isFine: finding === undefined }
}

async function report(name: string, { kind, input, reason }: AnyFinding, seed: number) {
  await mkdir(FINDINGS, { recursive: true })
  const digest = createHash('sha256').update(input).digest('hex').slice(0, 8)
  const path = join(FINDINGS, `${name}-${digest}`)
  await writeFile(path, input)
  const again = `npm run fuzz -- ${name} --input ${relative(ROOT, path)}`
  say(
    `${name} ${kind} (seed ${seed}): ${reason}\n  input: ${JSON.stringify(Buffer.from(input).toString('latin1'))}\n  again: ${again}`,
  )
}

/** One input, as it was found; without instrumentation, so that the stack names the lines of the source. */
async function reproduce({ target }: Located, path: string): Promise<void> {
  try {
    await target.run(await readFile(join(ROOT, path)))
    say(`${target.name}: holds for ${path}`)
  } catch (error) {
    say(`${target.name} failed: ${textOfError(error)}`)
    process.exitCode = 1
  }
}

async function main(options: FuzzOptions): Promise<void> {
  const targets = await allTargets()
  const chosen = choose(targets, options.names)
  if (options.list) {
    for (const { file, target } of targets) say(`${target.name.padEnd(24)}${file}`)
    return
  }
  const [first] = chosen
  if (options.input !== undefined && first !== undefined) return reproduce(first, options.input)
  let total = 0
  for (const each of chosen) {
    const { inputs, isFine } = await fuzz(each, options)
    total += inputs
    if (!isFine) process.exitCode = 1
  }
  say(`${total} inputs, seed ${options.seed}`)
}

try {
  const options = parseCommandLine(process.argv.slice(2))
  if (options.help) process.stdout.write(USAGE)
  else await main(options)
} catch (error) {
  if (!(error instanceof UsageError)) throw error
  process.stderr.write(`fuzz: ${error.message}\n`)
  process.exitCode = 2
}
