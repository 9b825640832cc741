// Opens a page in headless Chromium and prints what an expression there gives, over the DevTools protocol on two pipes.
//   browser.mjs '{"url": ..., "evaluate": ..., "screenshot": PATH, "width": 390, "dark": true, "cores": 8, "seconds": 90}'

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const wanted = { width: 1024, height: 1100, dark: false, seconds: 90, ...JSON.parse(process.argv[2]) };
const profile = mkdtempSync(join(tmpdir(), "edgekit-browser-"));
const chromium = spawn(
  process.env.EDGEKIT_CHROMIUM ?? "chromium",
  ["--headless", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", `--user-data-dir=${profile}`, "about:blank"],
  { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] },
);
const [sending, receiving] = [chromium.stdio[3], chromium.stdio[4]];
const waiting = new Map();
const said = [];
let rest = "";
let next = 1;

receiving.on("data", (bytes) => {
  const messages = (rest + bytes).split("\0");
  rest = messages.pop();
  for (const message of messages.map((text) => JSON.parse(text))) {
    if (message.id) waiting.get(message.id)(message);
    if (message.method === "Target.attachedToTarget" && wanted.cores && message.sessionId) attached(message.params.sessionId);
    if (message.method === "Runtime.exceptionThrown") said.push(message.params.exceptionDetails.exception?.description);
    if (message.method === "Log.entryAdded") said.push(message.params.entry.text);
    if (message.method === "Runtime.consoleAPICalled") said.push(message.params.args.map((each) => each.value).join(" "));
  }
});

async function call(method, params = {}, sessionId = undefined) {
  const id = next++;
  sending.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
  const { result, error } = await new Promise((resolve) => waiting.set(id, resolve));
  if (error) throw new Error(`${method}: ${error.message}`);
  return result;
}

async function visit() {
  const { targetId } = await call("Target.createTarget", { url: "about:blank" });
  const { sessionId } = await call("Target.attachToTarget", { targetId, flatten: true });
  const page = (method, params) => call(method, params, sessionId);
  await Promise.all(["Page", "Runtime", "Log"].map((domain) => page(`${domain}.enable`)));
  const { width, height } = wanted;
  await page("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: width < 600 });
  const scheme = { name: "prefers-color-scheme", value: wanted.dark ? "dark" : "light" };
  await page("Emulation.setEmulatedMedia", { features: [scheme] });
  if (wanted.cores) {
    await page("Emulation.setHardwareConcurrencyOverride", { hardwareConcurrency: wanted.cores });
    // its workers are told before their first line runs
    await page("Target.setAutoAttach", { autoAttach: true, waitForDebuggerOnStart: true, flatten: true });
  }
  const { errorText } = await page("Page.navigate", { url: wanted.url });
  if (errorText) throw new Error(errorText);
  const expression = `(async () => { ${wanted.evaluate} })()`;
  // a page that is still being left loses what is evaluated in it
  await page("Runtime.evaluate", { expression: "new Promise((r) => setTimeout(r, 300))", awaitPromise: true }).catch(() => {});
  const answer = await evaluated(page, expression);
  if (wanted.screenshot) {
    const shot = await page("Page.captureScreenshot", { captureBeyondViewport: true });
    writeFileSync(wanted.screenshot, Buffer.from(shot.data, "base64"));
  }
  const { exceptionDetails: thrown } = answer;
  if (thrown) throw new Error(thrown.exception?.description ?? thrown.text);
  return { value: answer.result.value, said };
}

// A development server may load its page once more; what was evaluated in the first is evaluated in the second.
async function evaluated(page, expression) {
  for (;;) {
    try {
      return await page("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
    } catch (error) {
      if (!/navigated|collected|context/.test(error.message)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

async function attached(sessionId) {
  const worker = (method, params) => call(method, params, sessionId).catch(() => undefined);
  worker("Runtime.enable");
  worker("Emulation.setHardwareConcurrencyOverride", { hardwareConcurrency: wanted.cores });
  worker("Target.setAutoAttach", { autoAttach: true, waitForDebuggerOnStart: true, flatten: true });
  worker("Runtime.runIfWaitingForDebugger");
}

const late = new Promise((_, reject) => {
  const timer = setTimeout(() => reject(new Error(`no answer in time; the page said ${JSON.stringify(said)}`)), 1000 * wanted.seconds);
  timer.unref();
});
try {
  process.stdout.write(`${JSON.stringify(await Promise.race([visit(), late]))}\n`);
} catch (error) {
  process.stderr.write(`${error.message}; the page said ${JSON.stringify(said)}\n`);
  process.exitCode = 1;
} finally {
  const ended = new Promise((resolve) => chromium.on("exit", resolve));
  // told to close, it ends its own processes, which else write into the profile while it is removed
  call("Browser.close").catch(() => {});
  const timer = setTimeout(() => chromium.kill("SIGKILL"), 5000);
  await ended;
  clearTimeout(timer);
  await removed(profile);
}

async function removed(folder) {
  for (let attempt = 0; attempt < 50; attempt++) {
    try {
      return rmSync(folder, { recursive: true, force: true });
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
