export default {
  output: "standalone",
  serverExternalPackages: ["smart-home", "onnxruntime-node"],
  outputFileTracingRoot: import.meta.dirname,
  outputFileTracingIncludes: { "/**": ["./node_modules/smart-home/bundle/**"] },
};
