import { describe, expect, it } from 'vitest';
import { escapeText, markup, scriptJson, trusted } from '../../src/output/html/markup.js';

describe('markup', () => {
  it('escapes every value that is not markup', () => {
    const name = `<script>alert("1")</script>&'`;
    expect(markup`<b title="${name}">${name}</b>`.text).toBe(
      '<b title="&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;">&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;</b>',
    );
  });

  it('takes markup, lists and numbers as they are, and leaves nothing for undefined', () => {
    const parts = [markup`<i>${'<'}</i>`, 1.5, undefined, ['a', trusted('<br>')]];
    expect(markup`[${parts}]`.text).toBe('[<i>&lt;</i>1.5a<br>]');
  });

  it('takes the colours out of a log, and shows other controls as what they are not', () => {
    expect(escapeText('\u001b[31mred\u001b[0m\ttab\nline\0')).toBe('red\ttab\nline\ufffd');
  });
});

describe('JSON in a script element', () => {
  it('cannot end the element or open a comment, and reads back the same', () => {
    const value = { name: '</script><!-- <script>\u2028' };
    const { text } = scriptJson(value);
    expect(text).not.toMatch(/[<>]/);
    expect(JSON.parse(text)).toEqual(value);
  });
});
