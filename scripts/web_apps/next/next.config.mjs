export default {
  output: "standalone",
  outputFileTracingRoot: import.meta.dirname,
  serverExternalPackages: ["smart-home"],
  outputFileTracingIncludes: {
    "/**": ["./node_modules/smart-home/**", "./node_modules/onnxruntime-node/**", "./node_modules/onnxruntime-common/**"],
  },
};
