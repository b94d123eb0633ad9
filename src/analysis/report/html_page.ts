/** The frame of a report: one HTML page that holds all it shows, without a script, and loads nothing. */
import { PAGE_STYLE } from "./page_style.ts";
import { escapeText } from "./text.ts";

/** What a page shows; texts may hold anything, they are escaped. */
interface HtmlPage {
  readonly title: string;
  readonly heading: string;
  /** One line below the heading. */
  readonly about: string;
  /** HTML. */
  readonly body: string;
}

/** Writes the page. */
export function htmlPage({ title, heading, about, body }: HtmlPage): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>${escapeText(title)}</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
<header>
<h1>${escapeText(heading)}</h1>
<p class="files">${escapeText(about)}</p>
</header>
<main>
${body}
</main>
</body>
</html>
`;
}

/** A card of names and values, in the order given; they are escaped. */
export function namedValues(values: readonly (readonly [name: string, value: string])[]): string {
  const rows = values.map(([name, value]) =>
    `<tr><th scope="row">${escapeText(name)}</th><td>${escapeText(value)}</td></tr>`
  );
  return `<div class="card scroll"><table class="settings">${rows.join("\n")}</table></div>`;
}

/** The figures that are seen first: HTML of name, value and note, escaped by whoever made them. */
export function headlineFigures(
  figures: readonly (readonly [name: string, value: string, note: string])[],
): string {
  return `<dl class="figures">${
    figures.map(([name, value, note]) =>
      `<div class="card"><dt>${name}</dt><dd>${value} <small>${note}</small></dd></div>`
    ).join("")
  }</dl>`;
}
