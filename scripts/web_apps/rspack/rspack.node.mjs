export default {
  mode: "production",
  target: "node",
  entry: "./node.js",
  externals: { "onnxruntime-node": "module onnxruntime-node", "onnxruntime-web": "module onnxruntime-web" },
  output: { path: `${import.meta.dirname}/dist-node`, filename: "[name].mjs", module: true, chunkFormat: "module" },
};
