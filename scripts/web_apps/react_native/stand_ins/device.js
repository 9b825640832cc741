// A phone for Hermes on a desk: its files and what its native modules do. `files`, `runs` and `os` stand before it.
/* global files, runs, os, developing, print */

var performance = { now: () => Date.now() };
var console = { log: print, warn: print, error: print };

// as far as file addresses go: Expo brings one for all
function URL(address) {
  const [, protocol, host, pathname] = /^([a-z]+:)\/\/([^/?#]*)([^?#]*)/.exec(address) || [];
  if (!protocol) throw new TypeError(`${address} is no URL`);
  Object.assign(this, { protocol, host, pathname, hash: "", toString: () => `${protocol}//${host}${this.pathname}` });
}

// path: a file of `files`; those that the app is shipped with have addresses of their own
var disk = {};
var CACHES = "/data/user/0/com.example.app/cache";

var device = (() => {
  const shipped = (address) => files.find((file) => file.addresses.includes(address));
  const onDisk = (path) => disk[path] || files.find((file) => file.paths.includes(path));
  const existing = (path) => {
    const file = onDisk(path);
    if (!file) throw new Error(`ENOENT: no such file or directory, open '${path}'`);
    return file;
  };
  // on a thread of its own, as native modules do it
  const later = (task) => new Promise((resolve, reject) => {
    setTimeout(() => {
      try {
        resolve(task());
      } catch (error) {
        reject(error);
      }
    }, 0);
  });
  const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const bytesOf = (base64) => {
    const bytes = new Uint8Array((base64.length / 4) * 3 - (base64.match(/=*$/) || [""])[0].length);
    for (let place = 0, end = 0; place < base64.length; place += 4) {
      const group = [0, 1, 2, 3].reduce((made, at) => (made << 6) | Math.max(0, DIGITS.indexOf(base64[place + at])), 0);
      for (let shift = 16; shift >= 0 && end < bytes.length; shift -= 8) bytes[end++] = (group >> shift) & 0xff;
    }
    return bytes;
  };
  return {
    os,
    developing,
    CACHES,
    shipped,
    onDisk,
    existing,
    later,
    bytesOf,
    bytes: (path) => {
      // in the middle of a larger buffer, as readers may give it
      const bytes = bytesOf(existing(path).base64);
      const larger = new Uint8Array(bytes.length + 7);
      larger.set(bytes, 3);
      return larger.subarray(3, 3 + bytes.length);
    },
    // how often a file was copied onto the disk, and what a copy that broke off would be
    copies: 0,
    spoiled: { base64: "", text: "", md5: "0", sha256: "0", paths: [], addresses: [] },
    copy: (address, path) => {
      const file = shipped(address);
      if (!file) throw new Error(`Res '${address}' could not be opened`);
      device.copies++;
      disk[path] = file;
    },
    tell: (found) => print(JSON.stringify(found)),
    fail: (error) => print(JSON.stringify({ failure: `${error && error.name}: ${error && error.message}` })),
  };
})();

/** onnxruntime's native module of 1.24.3: what it takes and gives, with runs that onnxruntime-node made before. */
var onnxruntime = (() => {
  let Tensor = null;
  const state = { loaded: [] };
  const metadata = (names) => names.map((name) => ({ name, isTensor: true, type: 1, shape: [], symbolicDimensions: [] }));
  // Hermes itself knows no classes
  const session = () => ({
    model: null,
    loadModel(source, ...rest) {
      // it takes the buffer as a whole, and options as its second argument, which of bytes is the offset
      const options = typeof rest[0] === "object" ? rest[0] : {};
      const path = typeof source === "string" ? source.replace(/^file:(\/\/)?/, "") : null;
      return device.later(() => {
        const file = path === null
          ? files.find((each) => runs[each.sha256] && each.size === source.byteLength)
          : device.onDisk(path);
        if (!file) throw `Load model from ${path} failed:Load model ${path} failed. File doesn't exist`;
        if (!runs[file.sha256]) throw `Load model from ${path} failed:Protobuf parsing failed.`;
        state.loaded.push({ path, threads: options.intraOpNumThreads || null });
        this.model = runs[file.sha256];
      });
    },
    get inputMetadata() {
      return metadata(this.model.inputNames);
    },
    get outputMetadata() {
      return metadata(this.model.outputNames);
    },
    run(feeds, fetches) {
      if (!this.model) return Promise.reject("Session is released");
      const { model } = this;
      // what the native module reads: a tensor's buffer from its beginning
      const inputs = {};
      Object.keys(feeds).sort().forEach((name) => {
        const { type, cpuData, dims } = feeds[name];
        const whole = new cpuData.constructor(cpuData.buffer);
        if (name.startsWith("past_key_values.")) inputs.past = whole.length ? whole[0] : -1;
        else inputs[name] = [type, Array.from(whole, String), Array.from(dims)];
      });
      const run = model.runs[JSON.stringify(inputs)];
      return device.later(() => {
        if (!run) throw `no run was recorded of ${JSON.stringify(inputs)}`;
        const results = {};
        Object.keys(fetches).forEach((name) => {
          const isPast = name.startsWith("present.");
          const data = isPast ? Float32Array.of(run.place) : new Float32Array(device.bytesOf(run[name].data).buffer);
          results[name] = new Tensor("float32", data, isPast ? [1] : run[name].dims);
        });
        return results;
      });
    },
    endProfiling() {},
    dispose() {
      this.model = null;
    },
  });
  return {
    state,
    install: () => {
      globalThis.OrtApi = {
        version: "1.24.3",
        listSupportedBackends: () => [{ name: "cpu" }, { name: "xnnpack" }],
        initOrtOnce: (level, constructor) => (Tensor = constructor),
        createInferenceSession: () => session(),
      };
      return true;
    },
  };
})();
