// What the stand-in for a phone knows: the files that apps are shipped with, and what onnxruntime makes of each model.

import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";

import { InferenceSession } from "onnxruntime-node";

const { getAndroidResourceIdentifier } = createRequire(import.meta.url)("@react-native/asset-utils");
const hash = (algorithm, bytes) => createHash(algorithm).update(bytes).digest("hex");

/**
 * The files of packages, by every address that they have in an app.
 * @param {string[]} names
 * @param {string[]} broken files that are missing or another there, as NAME=missing or NAME=changed
 */
export function files(names, broken = []) {
  const kinds = Object.fromEntries(broken.map((each) => each.split("=")));
  return names.flatMap((name) => ["assets", "bundle"].flatMap((folder) => (
    readdirSync(resolve("node_modules", name, folder)).flatMap((file) => {
      const kind = kinds[`${name}/${folder}/${file}`];
      const bytes = readFileSync(resolve("node_modules", name, folder, file));
      if (kind === "changed") bytes[bytes.length >> 1] ^= 1;
      return kind === "missing" ? [] : [described(`node_modules/${name}/${folder}`, file, bytes)];
    })
  )));
}

/**
 * @param {string} folder
 * @param {string} file
 * @param {Buffer} bytes
 */
function described(folder, file, bytes) {
  const [, name, type] = /^(.*)\.([^.]*)$/.exec(file);
  const location = `/assets/${folder}`;
  const md5 = hash("md5", bytes);
  return {
    paths: [`/app/${folder}/${file}`, `/var/containers/Bundle/My App.app${location}/${file}`],
    addresses: [
      getAndroidResourceIdentifier({ httpServerLocation: location, name, type }),
      ...["android", "ios"].map((os) => `http://localhost:8081${location}/${file}?platform=${os}&hash=${md5}`),
    ],
    size: bytes.length,
    base64: bytes.toString("base64"),
    text: type === "onnx" ? null : bytes.toString("utf8"),
    md5,
    sha256: hash("sha256", bytes),
  };
}

/**
 * What a task gives in Node, and every run of onnxruntime that it took, by the model's hash and the run's inputs.
 * @template T
 * @param {() => Promise<T>} task
 */
export async function recorded(task) {
  const runs = {};
  const { create } = InferenceSession;
  InferenceSession.create = async (bytes, options) => {
    const session = await create.call(InferenceSession, bytes, options);
    const model = (runs[hash("sha256", bytes)] = { inputNames: session.inputNames, outputNames: session.outputNames, runs: {} });
    return recording(session, model);
  };
  const expected = await task();
  InferenceSession.create = create;
  return { expected, runs };
}

/**
 * A session that keeps what it gives. A cache is kept as the number of the run that gave it.
 * @param {InferenceSession} session
 * @param {{ runs: Record<string, any> }} model
 */
function recording(session, model) {
  const places = new WeakMap();
  return {
    inputNames: session.inputNames,
    outputNames: session.outputNames,
    release: () => session.release(),
    run: async (feeds) => {
      const results = await session.run(feeds);
      const key = {};
      for (const name of Object.keys(feeds).sort()) {
        const { type, data, dims } = feeds[name];
        if (name.startsWith("past_key_values.")) key.past = places.get(feeds[name]) ?? -1;
        else key[name] = [type, Array.from(data, String), [...dims]];
      }
      const run = (model.runs[JSON.stringify(key)] ??= { place: Object.keys(model.runs).length });
      for (const [name, tensor] of Object.entries(results)) {
        if (name.startsWith("present.")) places.set(tensor, run.place);
        else run[name] = kept(tensor);
      }
      return results;
    },
  };
}

/** Of a decoder's logits those of the last token, which are all that is read. */
function kept({ data, dims }) {
  const last = dims.length === 3 ? data.slice(-dims[2]) : data;
  return {
    dims: dims.length === 3 ? [1, 1, dims[2]] : [...dims],
    data: Buffer.from(last.buffer, last.byteOffset, last.byteLength).toString("base64"),
  };
}
