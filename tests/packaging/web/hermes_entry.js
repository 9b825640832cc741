// The web package's tokenizer in Hermes: `tokenizerJson`, `maxLength` and `texts` stand before it; it prints ids.
/* global tokenizerJson, maxLength, texts, print */

import { Tokenizer } from "./lib/tokenizer/tokenizer.js";

try {
  const tokenizer = new Tokenizer(JSON.parse(tokenizerJson), maxLength);
  const rows = texts.map((text) => (Array.isArray(text) ? tokenizer.encode(text[0], text[1]) : tokenizer.encode(text)).ids);
  print(JSON.stringify({ rows }));
} catch (error) {
  print(JSON.stringify({ failure: error.message }));
}
