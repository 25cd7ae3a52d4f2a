/** Writes the JSON Schemas for editors: `npm run schema`. A test fails when they are out of date. */
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { editorSchemas } from './parse/schema.js';

for (const [file, schema] of Object.entries(editorSchemas())) {
  const path = fileURLToPath(new URL(`../${file}`, import.meta.url));
  await writeFile(path, `${JSON.stringify(schema, null, 2)}\n`);
}
