/** Drawing words for the charts: an SVG that reads on a light and on a dark page. */

/** Distinguishable without colours too: their order in the legend is that of the bars. */
const PALETTE = [
  '#2f6fb3',
  '#d9822b',
  '#3a9d5d',
  '#b0416b',
  '#7a5fc0',
  '#8a8d91',
  '#c2a500',
  '#1b998b',
  '#5c4033',
  '#e0567f',
]

const STYLE = `text{font:12px system-ui,sans-serif;fill:#24292f}
.title{font-size:15px;font-weight:600}
.small{font-size:11px;fill:#57606a}
.grid{stroke:#d0d7de;stroke-width:1}
.range{stroke:#24292f;stroke-width:1.5}
@media (prefers-color-scheme:dark){
text{fill:#e6edf3}.small{fill:#9da7b3}.grid{stroke:#3d444d}.range{stroke:#e6edf3}}`

export function colourOf(index: number): string {
  return PALETTE[index % PALETTE.length] ?? 'grey'
}

export function document(width: number, height: number, parts: readonly string[]): string {
  const size = `width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img">`,
    `<style>${STYLE}</style>`,
    ...parts,
    '</svg>\n',
  ].join('\n')
}

export interface TextPlace {
  x: number
  y: number
  anchor?: 'start' | 'middle' | 'end'
  kind?: 'title' | 'small'
}

export function text(content: string, { x, y, anchor = 'start', kind }: TextPlace): string {
  const style = kind === undefined ? '' : ` class="${kind}"`
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}"${style}>${escape(content)}</text>`
}

export interface Box {
  x: number
  y: number
  width: number
  height: number
}

export function box({ x, y, width, height }: Box, colour: string): string {
  return `<rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" fill="${colour}"/>`
}

export type Point = readonly [x: number, y: number]

export function line([x1, y1]: Point, [x2, y2]: Point, kind: 'grid' | 'range'): string {
  return `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" class="${kind}"/>`
}

/** Of more points than this the dots would hide the line. */
const MOST_DOTS = 30

export function path(points: readonly Point[], colour: string): string {
  const along = points.map(([x, y]) => `${round(x)},${round(y)}`).join(' ')
  const hasDots = points.length <= MOST_DOTS
  const dots = (hasDots ? points : []).map(
    ([x, y]) => `<circle cx="${round(x)}" cy="${round(y)}" r="3.5" fill="${colour}"/>`,
  )
  const width = hasDots ? 2.5 : 1.5
  return `<polyline points="${along}" fill="none" stroke="${colour}" stroke-width="${width}"/>${dots.join('')}`
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

function escape(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
