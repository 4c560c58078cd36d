/** HTML as a value: what is put into a template is escaped unless it is markup already. */

export class Markup {
  readonly text: string;

  /** @param text HTML of our own; nothing in it is escaped */
  constructor(text: string) {
    this.text = text;
  }
}

/** What a template takes; `null`, `undefined` and `false` leave nothing. */
export type Part = Markup | string | number | null | undefined | false | readonly Part[];

/** A template whose parts are escaped for text and for attributes in quotes. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return new Markup(strings.reduce((text, string, i) => text + textOf(parts[i - 1]) + string));
}

function textOf(part: Part): string {
  if (part === null || part === undefined || part === false) return '';
  if (part instanceof Markup) return part.text;
  if (typeof part === 'object') return part.map(textOf).join('');
  return escaped(String(part));
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);

/** JSON inside a script element: no text in it can end the element or begin a comment. */
export function jsonMarkup(value: unknown): Markup {
  return new Markup(JSON.stringify(value).replace(/</g, '\\u003c'));
}
