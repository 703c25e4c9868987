/** Light and dark, on a phone and on paper. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --text: light-dark(#1c2430, #e4e8ee);
  --ground: light-dark(#ffffff, #14181e);
  --line: light-dark(#c9d0d9, #3a434f);
  --ok: light-dark(#18714a, #6fce9f);
  --warn: light-dark(#80600a, #e0bd5a);
  --fail: light-dark(#b3261e, #ff9c94);
  --skipped: light-dark(#566070, #a3adba);
  --link: light-dark(#1f5fae, #7db4f5);
  font: 16px/1.45 system-ui, sans-serif;
  color: var(--text);
  background: var(--ground);
}
body { margin: 0 }
main { max-width: 860px; margin: 0 auto; padding: 16px }
h1 { font-size: 1.5rem }
h2 { font-size: 1.2rem; border-bottom: 1px solid var(--line) }
h3 { font-size: 1rem; margin: 0 }
h3 small { font-weight: normal }
a { color: var(--link) }
fieldset { border: 1px solid var(--line); border-radius: 6px; display: flex; flex-wrap: wrap; gap: 4px 20px }
article { border-left: 5px solid var(--line); margin: 12px 0; padding: 4px 12px; break-inside: avoid }
article p { margin: 4px 0; overflow-wrap: anywhere }
article.ok { border-color: var(--ok) }
article.warn { border-color: var(--warn) }
article.fail { border-color: var(--fail) }
.verdict, strong.fail, strong.ok, label { font-weight: 600 }
.ok { color: var(--ok) }
.warn { color: var(--warn) }
.fail { color: var(--fail) }
.skipped { color: var(--skipped) }
article[class] { color: var(--text) }
figure { margin: 8px 0 }
svg { display: block; width: 100%; height: auto }
.axis { stroke: var(--line); stroke-width: 2 }
.tick { stroke: var(--text); stroke-width: 2 }
.box { fill: var(--link); opacity: 0.45 }
figcaption, small, caption { font-size: 0.875rem }
table { border-collapse: collapse }
caption { text-align: left; white-space: nowrap; font-weight: 600; padding: 4px 0 }
.scroll { overflow-x: auto; margin: 16px 0; break-inside: avoid }
.matrix td { text-align: center; padding: 2px 8px; font-family: ui-monospace, monospace; font-weight: 600 }
.matrix th { font-weight: normal; padding: 2px 8px; white-space: nowrap }
th, td { border: 1px solid var(--line); padding: 4px 10px; text-align: left }
body:has(#show-ok:not(:checked)) article.ok,
body:has(#show-warn:not(:checked)) article.warn,
body:has(#show-fail:not(:checked)) article.fail,
body:has(#show-skipped:not(:checked)) article.skipped { display: none }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px }
@media print { fieldset { display: none } }
`
