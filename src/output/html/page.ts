/** The frame of the page: everything is inside it, so it can be mailed, and opened without a network. */
import { markup, scriptJson, trusted, type Markup, type Part } from './markup.js';
import type { PageData } from './page-data.js';
import { pageScript } from './page-script.js';
import { styleSheet } from './style.js';

/** Refuses whatever would leave the page, should a hostile name ever get through the escaping. */
const policy =
  "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

export function page(title: string, body: Part, data: PageData): Markup {
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${trusted(styleSheet)}</style>
</head>
<body>
${body}
<div id="tip" role="status" hidden></div>
<script type="application/json" id="samples">${scriptJson(data)}</script>
<script>${trusted(pageScript())}</script>
</body>
</html>
`;
}
