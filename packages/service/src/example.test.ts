import { readFile } from 'node:fs/promises'

import { expect, test } from 'vitest'

test.each(['config.ts', 'greeter.ts', 'app.ts', 'main.ts', 'meet.ts'])(
  'the README shows %s of the example as it runs',
  async (name) => {
    const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
    const source = await readFile(new URL(`example/${name}`, import.meta.url), 'utf8')
    expect(readme).toContain(`\`src/${name}\`:\n\n\`\`\`ts\n${source}\`\`\``)
  },
)
