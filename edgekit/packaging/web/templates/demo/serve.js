// Serves this package on loopback, with what threads of WebAssembly need: `node demo/serve.js [PORT] [--until-eof]`.

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { createServer } from "node:http";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const PAGE = "/demo/index.html";
const RUNTIME = "node_modules/onnxruntime-web/dist/ort.wasm.bundle.min.mjs";
// what the page needs, and no other file of the disk
const SERVED = /^\/(?:bundle|demo|lib|node_modules\/onnxruntime-web\/dist)\/[\w./-]+$/;
/** @type {Record<string, string>} */
const TYPES = {
  ".css": "text/css; charset=utf-8", ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8",
  ".json": "application/json", ".jsonl": "application/x-ndjson; charset=utf-8", ".mjs": "text/javascript; charset=utf-8",
  ".wasm": "application/wasm",
};

/** The one script in the page itself is its import map: the page may run that and files from here, nothing else. */
async function policy() {
  const page = await readFile(join(ROOT, PAGE), "utf8");
  const map = /<script type="importmap">([\s\S]*?)<\/script>/.exec(page)?.[1] ?? "";
  const hash = createHash("sha256").update(map).digest("base64");
  return [
    "default-src 'none'", "connect-src 'self'", "img-src 'self' data:", "style-src 'self'", "worker-src 'self' blob:",
    `script-src 'self' 'wasm-unsafe-eval' 'sha256-${hash}'`, "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
  ].join("; ");
}

/** @param {number} port */
async function serve(port) {
  await stat(join(ROOT, RUNTIME)).catch(() => {
    throw new Error("onnxruntime-web is not installed here: npm install --no-save onnxruntime-web@@@WEB_RUNTIME@@");
  });
  const headers = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": await policy(),
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
  };
  const server = createServer((request, response) => void answer(request, response, headers));
  server.on("error", (error) => fail(error));
  server.listen(port, "127.0.0.1", () => {
    const address = server.address();
    const bound = typeof address === "object" && address ? address.port : port;
    process.stdout.write(`http://127.0.0.1:${bound}${PAGE}\n`);
  });
}

/**
 * @param {import("node:http").IncomingMessage} request
 * @param {import("node:http").ServerResponse} response
 * @param {Record<string, string>} headers
 */
async function answer(request, response, headers) {
  const end = (/** @type {number} */ status, /** @type {string} */ text, more = {}) => {
    response.writeHead(status, { ...headers, "Content-Type": "text/plain", ...more }).end(text);
  };
  // a name that a stranger's page points at this address is not ours: it could read the answers (DNS rebinding)
  const { port } = /** @type {import("node:net").AddressInfo} */ (request.socket.address());
  if (![`127.0.0.1:${port}`, `localhost:${port}`].includes(request.headers.host ?? "")) return end(421, "not this host\n");
  if (request.method !== "GET" && request.method !== "HEAD") return end(405, "only GET\n", { Allow: "GET, HEAD" });
  const path = (request.url ?? "/").split("?")[0];
  if (path === "/") return end(302, "", { Location: PAGE });
  const size = SERVED.test(path) && !path.split("/").includes("..") ? await sizeOf(join(ROOT, path)) : null;
  if (size === null) return end(404, "there is no such file\n");
  const type = TYPES[extname(path)] ?? "application/octet-stream";
  response.writeHead(200, { ...headers, "Content-Type": type, "Content-Length": size });
  if (request.method === "HEAD") return response.end();
  createReadStream(join(ROOT, path)).on("error", () => response.destroy()).pipe(response);
}

/** @param {string} path */
async function sizeOf(path) {
  const found = await stat(path).catch(() => null);
  return found?.isFile() ? found.size : null;
}

/** @param {unknown} error */
function fail(error) {
  process.stderr.write(`error: ${error instanceof Error ? error.message : error}\n`);
  process.exit(1);
}

process.on("SIGINT", () => process.exit(0));
process.on("SIGTERM", () => process.exit(0));
// whoever started this holds the other end of its input, which closes when they end
if (process.argv.includes("--until-eof")) process.stdin.resume().on("end", () => process.exit(0));
serve(Number(process.argv[2] ?? 8080)).catch(fail);
