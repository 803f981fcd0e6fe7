import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { html, type Markup, trusted } from './markup.ts';

/** How wide charts are drawn, in pixels. They shrink with the page and scroll on a narrow one. */
const width = 900;

/**
 * Draws a chart as inline SVG, without a script. Colours are variables of the page's style, so it follows the theme.
 *
 * @param title stands above the chart
 * @param description what the chart shows, for people who cannot see it
 * @param options as Observable Plot takes them
 * @param legend what each colour means
 */
export function chart(
  title: string,
  description: string,
  options: Plot.PlotOptions,
  legend: readonly (readonly [name: string, colour: string])[] = [],
): Markup {
  const { document } = parseHTML('<html></html>');
  const svg = Plot.plot({
    width,
    ...options,
    // The types of the DOM are not loaded here.
    document: document as unknown as NonNullable<Plot.PlotOptions['document']>,
  }) as unknown as ReturnType<typeof document.createElement>;
  // The chart has one description: its parts are no elements that may have others.
  for (const part of svg.querySelectorAll('[aria-label]')) part.removeAttribute('aria-label');
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', `${title}: ${description}`);
  return html`<figure><figcaption>${title}${legend.map(([name, colour]) => html` <span class="key" style="--key: ${colour}">${name}</span>`)}</figcaption>
<div class="scroll" role="region" aria-label="Chart: ${title}" tabindex="0">${trusted(svg.outerHTML)}</div></figure>`;
}

export { Plot };
