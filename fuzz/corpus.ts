import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const FOLDER = join(import.meta.dirname, 'node_modules/.cache/corpus')

/** The inputs that earlier runs found worth keeping; none where there was no run. */
export async function readCorpus(name: string): Promise<Uint8Array[]> {
  const file = join(FOLDER, `${name}.json`)
  if (!existsSync(file)) return []
  const texts: string[] = JSON.parse(await readFile(file, 'utf8'))
  return texts.map((text) => Uint8Array.fromBase64(text))
}

export async function writeCorpus(name: string, corpus: readonly Uint8Array[]): Promise<void> {
  await mkdir(FOLDER, { recursive: true })
  const texts = corpus.map((input) => input.toBase64())
  await writeFile(join(FOLDER, `${name}.json`), JSON.stringify(texts))
}
