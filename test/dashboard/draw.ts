import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { html, type Markup, trusted } from '../../cli/html/markup.ts';
import type { MetricValue } from '../../packages/local-aws/services.ts';
import { type Line, linesOf, type Widget } from './series.ts';

/** The size of a cell of the dashboard's grid, in pixels. */
const cell = { width: 60, height: 48 };
const columns = 24;

const style = `
svg { --paper: #ffffff; --ink: #1b1f24; --soft: #57606a; --line: #d0d7de; font-family: system-ui, sans-serif; color: #1b1f24; }
svg { --c0: #2a78d0; --c1: #b3560b; --c2: #23803c; --c3: #8250df; --c4: #b4266b; --c5: #4f7282; }
@media (prefers-color-scheme: dark) {
  svg { --paper: #0e1116; --ink: #e6edf3; --soft: #9aa5b1; --line: #30363d; color: #e6edf3; }
  svg { --c0: #4a97ec; --c1: #e08a3c; --c2: #3fb05f; --c3: #a983f5; --c4: #e3669f; --c5: #84a6b6; }
}`;
const colours = 6;

/**
 * Draws a dashboard as CloudWatch lays it out: 24 columns, and each widget in its place.
 *
 * @param body the dashboard's body, as CloudWatch has it
 * @param values of the metrics that the account has
 */
export function drawDashboard(body: string, values: readonly MetricValue[]): string {
  const { widgets } = JSON.parse(body) as { readonly widgets: readonly Widget[] };
  const bottom = Math.max(...widgets.map(({ y, height }) => y + height));
  const [width, height] = [columns * cell.width, bottom * cell.height];
  const title = 'The dashboard with what the local cloud has measured';
  return `${html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${title}">
<style>${trusted(style)}</style>
<rect width="${width}" height="${height}" fill="var(--paper)"/>
${widgets.map((widget) => drawWidget(widget, values))}</svg>`}\n`;
}

function drawWidget(widget: Widget, values: readonly MetricValue[]): Markup {
  const { x, y, type, properties } = widget;
  const size = { width: widget.width * cell.width - 8, height: widget.height * cell.height - 8 };
  const place = `translate(${x * cell.width + 4} ${y * cell.height + 4})`;
  if (type === 'text') {
    const text = (properties.markdown ?? '').replace(/^#+ /, '');
    return html`<g transform="${place}"><text y="28" font-size="20" font-weight="600" fill="var(--ink)">${text}</text></g>\n`;
  }
  const content =
    type === 'alarm' ? drawAlarms(properties.alarms ?? [], size.width) : drawGraph(linesOf(widget, values), size);
  return html`<g transform="${place}"><rect width="${size.width}" height="${size.height}" rx="4" fill="none" stroke="var(--line)"/>
<text x="10" y="22" font-size="14" fill="var(--ink)">${properties.title ?? 'Alarms'}</text>${content}</g>\n`;
}

/** The names of alarms. Which of them ring is not drawn. */
function drawAlarms(alarms: readonly string[], width: number): Markup {
  const perRow = 5;
  return html`${alarms.map((arn, at) => {
    const name = (arn.split(':alarm:')[1] ?? arn).replace(/^Airlock-?(Alarms)?|-?[A-Z0-9]{8,}(-[A-Za-z0-9]+)?$/g, '');
    const [left, top] = [10 + ((at % perRow) * (width - 20)) / perRow, 48 + Math.floor(at / perRow) * 26];
    return html`<text x="${left}" y="${top}" font-size="13" fill="var(--soft)">□ ${name.slice(0, 34)}</text>`;
  })}`;
}

function drawGraph(
  lines: readonly Line[],
  { width, height }: { readonly width: number; readonly height: number },
): Markup {
  const drawn = lines.filter(({ points }) => points.length > 0);
  if (drawn.length === 0) return html`<text x="10" y="${height / 2}" font-size="13" fill="var(--soft)">no data</text>`;
  const colourOf = (at: number) => `var(--c${at % colours})`;
  const keys = drawn.slice(0, colours).map(({ label }, at) => {
    const top = height - 10 - (Math.min(drawn.length, colours) - 1 - at) * 15;
    return html`<rect x="10" y="${top - 9}" width="9" height="9" fill="${colourOf(at)}"/><text x="24" y="${top}" font-size="11" fill="var(--soft)">${label.slice(0, Math.floor(width / 6.2))}</text>`;
  });
  const keysHeight = keys.length * 15 + 6;
  const plotted = drawn.flatMap(({ points }, at) => [
    Plot.line(points, { x: ({ at: time }: { at: number }) => new Date(time), y: 'value', stroke: colourOf(at) }),
    Plot.dot(points, { x: ({ at: time }: { at: number }) => new Date(time), y: 'value', fill: colourOf(at), r: 2.5 }),
  ]);
  const { document } = parseHTML('<html></html>');
  const svg = Plot.plot({
    width,
    height: Math.max(height - 30 - keysHeight, 60),
    marginLeft: 48,
    x: { type: 'utc', label: null, ticks: 4 },
    y: { label: null, grid: true, zero: true, ticks: 4, tickFormat: 's' },
    marks: plotted,
    document: document as unknown as NonNullable<Plot.PlotOptions['document']>,
  }) as unknown as ReturnType<typeof document.createElement>;
  svg.setAttribute('x', '0');
  svg.setAttribute('y', '30');
  return html`${trusted(svg.outerHTML)}${keys}`;
}
