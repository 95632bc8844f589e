// How the debugger looks: a sheet that is made here, which a policy without inline styles lets through.

const CSS = `
:host { all: initial !important; display: block !important; position: fixed !important; inset: 0 0 auto auto !important; z-index: 2147483647 !important; }
* { box-sizing: border-box; margin: 0; font: inherit; color: inherit; }
[hidden] { display: none !important; }
.panel { --ink: #e8eaf2; --dim: #9aa1b8; --line: #2c3145; --ground: #151827; --raised: #1e2234; --accent: #8ab4ff; --good: #7ddba3; --warn: #ffce6b; --bad: #ff9b93;
  position: fixed; inset: 12px 12px 12px auto; width: min(440px, calc(100vw - 24px)); display: flex; flex-direction: column; overflow: hidden;
  color: var(--ink); background: var(--ground); border: 1px solid var(--line); border-radius: 14px; box-shadow: 0 18px 60px #0008; color-scheme: dark;
  font: 13px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans KR", sans-serif; text-align: start; }
.panel.small { inset: auto 12px 12px auto; width: auto; }
.panel.small :is(.facts, [role=tablist], [role=tabpanel]) { display: none; }
header { display: flex; align-items: center; gap: 8px; padding: 12px 14px; border-bottom: 1px solid var(--line); }
.small header { border: 0; }
h1 { font-size: 14px; font-weight: 650; letter-spacing: .01em; margin-inline-end: auto; white-space: nowrap; }
h1::before { content: ""; display: inline-block; width: 9px; height: 9px; margin-inline-end: 8px; border-radius: 50%; background: var(--good); }
.lite h1::before { background: var(--warn); } .off h1::before { background: var(--bad); }
.until { color: var(--dim); font-size: 12px; white-space: nowrap; }
button { border: 1px solid var(--line); border-radius: 8px; background: var(--raised); padding: 4px 10px; cursor: pointer; }
button:hover { border-color: var(--dim); }
button:focus-visible, summary:focus-visible, [role=tabpanel]:focus-visible { outline: 2px solid var(--accent); outline-offset: -2px; }
.icon { width: 28px; height: 28px; padding: 0; font-size: 15px; line-height: 1; }
.facts { display: grid; grid-template-columns: max-content 1fr; gap: 4px 12px; padding: 10px 14px; border-bottom: 1px solid var(--line); background: var(--raised); }
dt { color: var(--dim); } dd { overflow-wrap: anywhere; }
[role=tablist] { display: flex; gap: 2px; padding: 0 8px; border-bottom: 1px solid var(--line); }
[role=tab] { flex: 1; border: 0; border-radius: 0; background: none; padding: 9px 4px; color: var(--dim); border-bottom: 2px solid transparent; }
[role=tab][aria-selected=true] { color: var(--ink); border-bottom-color: var(--accent); }
[role=tabpanel] { flex: 1; overflow: auto; padding: 12px 14px 18px; overscroll-behavior: contain; }
.chip { display: inline-block; padding: 0 7px; border-radius: 99px; background: #2a3047; font-size: 11.5px; line-height: 19px; white-space: nowrap; }
.good { color: var(--good); } .warn { color: var(--warn); } .bad { color: var(--bad); } .dim { color: var(--dim); }
.row { border-bottom: 1px solid var(--line); padding: 7px 0; }
.row > summary { display: flex; flex-wrap: wrap; align-items: center; gap: 3px 8px; cursor: pointer; list-style: none; }
.row > summary::-webkit-details-marker { display: none; }
.row > summary::before { content: "›"; width: 8px; color: var(--dim); transition: transform .12s; } .row[open] > summary::before { transform: rotate(90deg); }
.name { font-weight: 600; overflow-wrap: anywhere; } .row time { color: var(--dim); font-variant-numeric: tabular-nums; font-size: 12px; margin-inline-start: auto; }
dl.fields { display: grid; grid-template-columns: max-content 1fr; gap: 2px 12px; margin: 6px 0 4px 16px; font-size: 12.5px; }
dl.fields dd { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: 12px; } .cut { text-decoration: line-through; color: var(--dim); }
.card { border: 1px solid var(--line); border-radius: 10px; padding: 11px 13px; margin-bottom: 10px; background: var(--raised); }
.card > header { padding: 0 0 4px; border: 0; } h2 { font-size: 13px; font-weight: 650; margin: 14px 0 4px; } h2:first-child, .card h2 { margin-top: 0; }
.card h2 { margin-inline-end: auto; } .shown { font-size: 15px; font-weight: 600; } .card ol { margin: 6px 0 0; padding-inline-start: 20px; } li { padding: 1px 0; } li::marker { color: var(--dim); }
.bar { display: block; height: 4px; border: 0; border-radius: 2px; width: 100%; appearance: none; background: var(--line); overflow: hidden; }
.bar::-webkit-progress-bar { background: var(--line); } .bar::-webkit-progress-value { background: var(--accent); } .bar::-moz-progress-bar { background: var(--accent); }
.line { display: flex; align-items: center; gap: 10px; } .line > :first-child { margin-inline-end: auto; }
@media (prefers-reduced-motion: reduce) { * { transition: none !important; } }
`;

export function styled(root) {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(CSS);
  root.adoptedStyleSheets = [sheet];
}
