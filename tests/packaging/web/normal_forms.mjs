// Prints what this engine's Unicode makes of every character, alone and between accents: a line of JSON for each.
const forms = ["NFD", "NFKD", "NFC", "NFKC"];
const lines = [];
for (let code = 0; code < 0x110000; code++) {
  if (code >= 0xd800 && code < 0xe000) continue;
  const character = String.fromCodePoint(code);
  const texts = [character, `a${character}\u0334`, `a\u0301${character}`];
  lines.push(JSON.stringify(texts.flatMap((text) => forms.map((form) => text.normalize(form)))));
}
process.stdout.write(lines.join("\n"));
