import { defineConfig } from "vite";

const isolated = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };

export default defineConfig(({ mode }) => ({
  optimizeDeps: { exclude: ["smart-home", "onnxruntime-web"] },
  build: { assetsInlineLimit: 0 },
  server: { headers: mode === "isolated" ? isolated : {} },
}));
