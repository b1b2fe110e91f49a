/** The looks of the element; a page sets any of the properties of `:host` on it. */
export const style = `
:host {
  --paper: light-dark(#ffffff, #1a1d23); --ink: light-dark(#1d1f24, #e8e9eb); --quiet: light-dark(#5b6069, #a3a9b3);
  --line: light-dark(#d9dad6, #343943); --accent: light-dark(#1f5fbf, #86b4ff); --low: light-dark(#1f5fbf, #6ea5ff);
  --high: light-dark(#c2570c, #ff9f55); --middle: light-dark(#f3f2ee, #20242b); --warn: light-dark(#a8201a, #ff9c94);
  --code: ui-monospace, "SF Mono", "Cascadia Code", "DejaVu Sans Mono", monospace;
  display: block; color: var(--ink); background: var(--paper); font: 0.875rem/1.4 system-ui, sans-serif;
  container-type: inline-size;
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
button, input, select { font: inherit; color: inherit; }
.bar { display: flex; flex-wrap: wrap; align-items: center; gap: 0.4rem 0.75rem; margin-bottom: 0.5rem; }
.bar > div { display: flex; gap: 0.3rem; }
.bar button, .details button, .flags button {
  min-height: 2.25rem; min-width: 2.25rem; padding: 0.2rem 0.6rem; border: 1px solid var(--line); border-radius: 6px;
  background: none; cursor: pointer;
}
.bar button:hover:not(:disabled), .details button:hover { border-color: var(--accent); }
button:disabled { opacity: 0.45; cursor: default; }
label { display: flex; align-items: center; gap: 0.4rem; color: var(--quiet); }
input[type=range] { accent-color: var(--accent); width: 8rem; min-height: 2.25rem; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.says { margin: 0 0 0.5rem; min-height: 2.8em; font-variant-numeric: tabular-nums; }
.says b { font-weight: 650; }
.legend { display: flex; flex-wrap: wrap; gap: 0.2rem 1rem; margin: 0 0 0.5rem; color: var(--quiet); font-size: 0.8rem; }
.low { color: var(--low); } .high { color: var(--high); } .middle { color: var(--middle); }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.flags { margin: 0 0 0.5rem; padding: 0; list-style: none; display: grid; gap: 0.3rem; }
.flags button { width: 100%; text-align: left; border-color: var(--warn); }
.flags b { color: var(--warn); }
.body { display: grid; grid-template-columns: minmax(0, 1fr); align-items: start; gap: 0.75rem; }
.stage { overflow: auto; max-height: 34rem; border: 1px solid var(--line); border-radius: 8px; padding: 0.75rem; }
.graph { position: relative; margin: auto; }
.graph svg { position: absolute; inset: 0; overflow: visible; pointer-events: none; }
.edge { fill: none; stroke: var(--line); transition: stroke 0.15s; }
.edge.back { stroke: var(--high); }
.edge.unread { stroke-dasharray: 3 4; }
.edge.now { stroke: var(--accent); }
text { font: 11px system-ui, sans-serif; fill: var(--ink); text-anchor: middle; paint-order: stroke; stroke: var(--paper); stroke-width: 4px; }
.node { position: absolute; padding: 0.35rem 0.45rem; border: 1px solid var(--line); border-radius: 8px; background: var(--paper);
  text-align: left; cursor: pointer; display: grid; grid-template: auto 1fr auto / minmax(0, 1fr); gap: 0.15rem; overflow: hidden; }
.node.group { border-width: 1px 1px 3px 1px; border-color: var(--quiet); }
.node[aria-pressed=true] { border-color: var(--accent); box-shadow: 0 0 0 1px var(--accent); }
.node.now { box-shadow: 0 0 0 3px var(--accent); }
.node.later { opacity: 0.35; }
.node.flagged { border-color: var(--warn); }
.node .name { display: flex; justify-content: space-between; gap: 0.4rem; white-space: nowrap; font-weight: 600; font-size: 0.8rem; }
.node .name span { overflow: hidden; text-overflow: ellipsis; }
.node .name i { font-style: normal; font-weight: 400; color: var(--quiet); font-size: 0.75rem; }
.node.group .name span::after { content: " ⊞" / ", closed"; }
.node .maps { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 0.3rem; min-height: 0; }
.node canvas { width: 100%; height: 100%; min-height: 0; display: block; border-radius: 3px; image-rendering: pixelated; }
.node .norms { display: grid; grid-template-columns: 1fr 1fr; gap: 0.3rem; font-size: 0.7rem; color: var(--quiet); white-space: nowrap; font-variant-numeric: tabular-nums; }
.details { min-width: 0; }
.details h3 { margin: 0 0 0.2rem; font-size: 1rem; overflow-wrap: anywhere; }
.details h4 { margin: 0.75rem 0 0.25rem; font-size: 0.875rem; }
.details p { margin: 0.2rem 0; overflow-wrap: anywhere; }
.details code, pre { font-family: var(--code); font-size: 0.8rem; }
.details .quiet { color: var(--quiet); }
.details .picture { display: grid; grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); gap: 0.5rem; height: 6rem; }
.details canvas { width: 100%; height: 100%; display: block; min-height: 0; border-radius: 4px; image-rendering: pixelated; }
.numbers { overflow-x: auto; }
table { border-collapse: collapse; font: 0.75rem/1.5 var(--code); font-variant-numeric: tabular-nums; }
td { padding: 0 0.5rem 0 0; text-align: right; white-space: nowrap; }
pre { margin: 0.4rem 0 0; overflow: auto; max-height: 20rem; padding: 0.5rem; border: 1px solid var(--line); border-radius: 6px; }
pre mark { background: none; color: var(--accent); font-weight: 650; }
select { min-height: 2.25rem; border: 1px solid var(--line); border-radius: 6px; background: var(--paper); }
@container (min-width: 52rem) { .body { grid-template-columns: minmax(0, 1fr) 20rem; } .details { max-height: 34rem; overflow: auto; padding-right: 0.25rem; } }
@media (prefers-reduced-motion: reduce) { .edge { transition: none; } }
`;
