import assert from 'node:assert/strict';
import { html, jsonMarkup, Markup } from '../../../../model/evaluation/report/parts/markup.js';
import { suite } from '../../../harness/suite.js';

const test = suite('evaluation: markup of the report');

test('text and attributes are escaped, markup is not', () => {
  const name = `<img src=x onerror="alert(1)"> & 'more'`;
  assert.equal(
    html`<p title="${name}">${name}${html`<b>${1}</b>`}</p>`.text,
    '<p title="&lt;img src=x onerror=&quot;alert(1)&quot;&gt; &amp; &#39;more&#39;">' +
      '&lt;img src=x onerror=&quot;alert(1)&quot;&gt; &amp; &#39;more&#39;<b>1</b></p>',
  );
  assert.equal(html`${new Markup('<hr>')}`.text, '<hr>');
});

test('lists are joined; what is absent leaves nothing, zero does', () => {
  assert.equal(html`${['a', html`<i>b</i>`, [0]]}${undefined}${null}${false}`.text, 'a<i>b</i>0');
});

test('JSON in a script element cannot end it, and reads back as it was', () => {
  const value = { name: '</script><!-- <script>' };
  const { text } = jsonMarkup(value);
  assert.ok(!text.includes('<'));
  assert.deepEqual(JSON.parse(text), value);
});

test.run();
