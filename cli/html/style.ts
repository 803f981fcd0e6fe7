/**
 * The style of every page. Colours of text have a contrast of at least 4.5 to 1 on their background, those of charts at
 * least 3 to 1, in both themes. Printed pages are light.
 */
export const style = `
:root {
  color-scheme: light dark;
  --paper: #ffffff; --ink: #1b1f24; --soft: #57606a; --line: #d0d7de; --panel: #f6f8fa; --link: #0757ba;
  --good: #1a7f37; --bad: #b42318; --warn: #8a5a00; --busy: #0757ba;
  --series-1: #2a78d0; --series-2: #b3560b; --series-3: #23803c; --series-4: #8250df; --series-5: #b4266b; --series-6: #4f7282;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #0e1116; --ink: #e6edf3; --soft: #9aa5b1; --line: #30363d; --panel: #161b22; --link: #6cb6ff;
    --good: #4ac26b; --bad: #ff8a80; --warn: #e3b341; --busy: #6cb6ff;
    --series-1: #4a97ec; --series-2: #e08a3c; --series-3: #3fb05f; --series-4: #a983f5; --series-5: #e3669f; --series-6: #84a6b6;
  }
}
@media print {
  :root {
    color-scheme: light;
    --paper: #ffffff; --ink: #000000; --soft: #3d444d; --line: #b5bdc6; --panel: #ffffff; --link: #000000;
    --good: #1a7f37; --bad: #b42318; --warn: #8a5a00; --busy: #0757ba;
    --series-1: #2a78d0; --series-2: #b3560b; --series-3: #23803c; --series-4: #8250df; --series-5: #b4266b; --series-6: #4f7282;
  }
}
*, ::before, ::after { box-sizing: border-box; }
body { margin: 0; overflow-wrap: anywhere; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
header, main, footer { max-width: 68rem; margin: 0 auto; padding: 0 1.25rem; }
header { padding-top: 2rem; }
footer { padding: 1rem 1.25rem 2rem; color: var(--soft); font-size: .875rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0; }
h2 { font-size: 1.2rem; margin: 2.25rem 0 .5rem; padding-bottom: .3rem; border-bottom: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1.25rem 0 .25rem; }
p { margin: .4rem 0; }
a { color: var(--link); }
a:focus-visible, summary:focus-visible, [tabindex]:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
.about { color: var(--soft); }
.state { display: inline-block; font-weight: 600; margin: .4rem 0 0; }
.state::before { content: ""; display: inline-block; width: .7em; height: .7em; border-radius: 50%; background: currentColor; margin-right: .5em; }
.good { color: var(--good); } .bad { color: var(--bad); } .warn { color: var(--warn); } .busy { color: var(--busy); }
.now { background: var(--panel); border: 1px solid var(--line); border-left: .3rem solid var(--bad); border-radius: .3rem; margin-top: 1.5rem; padding: .25rem 1rem .75rem; }
.now.warn { color: inherit; border-left-color: var(--warn); }
.now h2 { border: 0; margin: .5rem 0 0; padding: 0; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; min-width: 36rem; font-size: .9rem; }
th, td { text-align: left; vertical-align: top; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line); }
thead th { color: var(--soft); font-weight: 600; white-space: nowrap; }
tbody th { font-weight: 500; min-width: 11rem; max-width: 22rem; }
td { min-width: 6rem; }
td.number, th.number { text-align: right; padding-right: 1.5rem; font-variant-numeric: tabular-nums; white-space: nowrap; }
td.id, th.id { white-space: nowrap; min-width: 0; }
td.time { white-space: nowrap; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--soft); padding-bottom: .25rem; }
dl { display: grid; grid-template-columns: minmax(8rem, max-content) 1fr; gap: .2rem 1.25rem; margin: .5rem 0; font-size: .9rem; }
dt { color: var(--soft); } dd { margin: 0; }
figure { margin: .75rem 0; }
figure svg { min-width: 36rem; width: 100%; font-size: 12px; }
figcaption { color: var(--soft); font-size: .9rem; margin-bottom: .25rem; }
figcaption .key { margin-left: 1rem; white-space: nowrap; }
.key::before { content: ""; display: inline-block; width: .8em; height: .8em; margin-right: .35em; background: var(--key); print-color-adjust: exact; }
.scroll + .scroll { margin-top: 1.25rem; }
pre { background: var(--panel); border: 1px solid var(--line); border-radius: .3rem; padding: .75rem; font-size: .8rem; overflow-x: auto; }
code, pre { font-family: ui-monospace, monospace; }
summary { cursor: pointer; color: var(--link); }
ul { padding-left: 1.2rem; margin: .4rem 0; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(10rem, 1fr)); gap: .75rem; margin: 1.25rem 0 0; }
.tiles div { background: var(--panel); border: 1px solid var(--line); border-radius: .3rem; padding: .6rem .9rem; }
.tiles dt { font-size: .85rem; } .tiles dd { font-size: 1.4rem; font-weight: 600; line-height: 1.3; }
.tiles small { display: block; font-size: .8rem; font-weight: 400; color: var(--soft); }
@media (max-width: 40rem) {
  dl:not(.tiles) { grid-template-columns: 1fr; gap: 0; } dl:not(.tiles) dd { margin-bottom: .5rem; }
}
@media print {
  body { font-size: 11pt; } header, main, footer { max-width: none; padding-left: 0; padding-right: 0; }
  tbody th, td, td.time, td.number, td.id, tbody th.id, thead th { white-space: normal; min-width: 0; padding-right: .75rem; }
  figure, tr, .now { break-inside: avoid; } h2, h3 { break-after: avoid; }
  .scroll, pre { overflow: visible; } figure svg, table { min-width: 0; }
  details::details-content { content-visibility: visible; block-size: auto; } summary { list-style: none; color: inherit; } pre { white-space: pre-wrap; overflow-wrap: anywhere; }
}
`;
