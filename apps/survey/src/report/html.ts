import { escapeText } from '@sockyard/cli/text'

/** Text that is HTML already: it is put in as it stands. */
export class Markup {
  readonly source: string

  constructor(source: string) {
    this.source = source
  }
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

type Part = Markup | string | number | readonly Part[]

/**
 * A template of HTML in which every value is text, unless it is Markup itself.
 *
 * @example
 * html`<p>${hostileName}</p>`
 */
export function html(strings: TemplateStringsArray, ...values: readonly Part[]): Markup {
  return new Markup(
    strings.map((literal, index) => literal + sourceOf(values[index] ?? '')).join(''),
  )
}

function sourceOf(part: Part): string {
  if (part instanceof Markup) return part.source
  if (typeof part === 'object') return part.map(sourceOf).join('')
  return escapeText(String(part)).replaceAll(/[&<>"']/g, (each) => ENTITIES[each] ?? each)
}
